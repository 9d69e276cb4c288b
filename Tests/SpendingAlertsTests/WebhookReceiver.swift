import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A real HTTP server on loopback that answers as scripted and keeps what it was sent.
final class WebhookReceiver: Sendable {
    /// What becomes of a request that was read whole.
    enum Answer: Sendable {
        case status(Int, headers: [(String, String)] = [], bodyBytes: Int = 0)
        /// No byte; the connection stays open until the client closes it.
        case hang
        /// No byte; the connection is closed.
        case hangUp
    }

    struct Request: Sendable {
        var method: String
        var target: String
        var headers: [(name: String, value: String)]
        var body: String

        func values(_ name: String) -> [String] {
            headers.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
        }
    }

    enum Event: Sendable, Equatable {
        case request
        /// The client closed a connection that hangs.
        case closedByClient
    }

    private struct State {
        var script: [Answer]
        var requests: [Request] = []
        var port = 0
    }

    let events: AsyncStream<Event>
    private let continuation: AsyncStream<Event>.Continuation
    private let state: Mutex<State>

    private init(_ script: [Answer]) {
        (events, continuation) = AsyncStream.makeStream()
        state = Mutex(State(script: script))
    }

    /// Runs a server while `body` runs; a request beyond the script is answered 418, which nobody repeats.
    static func running<Value>(
        _ script: [Answer], _ body: (WebhookReceiver) async throws -> Value
    ) async throws -> Value {
        let receiver = WebhookReceiver(script)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline(withPipeliningAssistance: false)
                    try channel.pipeline.syncOperations.addHandler(Connection(receiver))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        receiver.state.withLock { $0.port = channel.localAddress?.port ?? 0 }
        do {
            let value = try await body(receiver)
            try await channel.close()
            return value
        } catch {
            try await channel.close()
            throw error
        }
    }

    var origin: String { "http://127.0.0.1:\(state.withLock { $0.port })" }
    var requests: [Request] { state.withLock { $0.requests } }

    /// Waits for events until the given one.
    func first(_ event: Event) async { _ = await events.first { $0 == event } }

    fileprivate func take(_ request: Request) -> Answer {
        defer { continuation.yield(.request) }
        return state.withLock { state in
            state.requests.append(request)
            return state.script.isEmpty ? .status(418) : state.script.removeFirst()
        }
    }

    fileprivate func closedByClient() { continuation.yield(.closedByClient) }
}

/// One client's connection, on its event loop alone.
private final class Connection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let receiver: WebhookReceiver
    private var request: WebhookReceiver.Request?
    private var hangs = false

    init(_ receiver: WebhookReceiver) { self.receiver = receiver }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            request = .init(
                method: head.method.rawValue, target: head.uri,
                headers: head.headers.map { ($0.name, $0.value) }, body: "")
        case .body(let bytes):
            request?.body += String(buffer: bytes)
        case .end:
            guard let request else { return }
            answer(receiver.take(request), context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if hangs { receiver.closedByClient() }
        context.fireChannelInactive()
    }

    private func answer(_ answer: WebhookReceiver.Answer, _ context: ChannelHandlerContext) {
        switch answer {
        case .hang: hangs = true
        case .hangUp: context.close(promise: nil)
        case .status(let status, let headers, let bodyBytes):
            var fields = HTTPHeaders(headers)
            if status != 204, status != 304 { fields.add(name: "Content-Length", value: "\(bodyBytes)") }
            fields.add(name: "Connection", value: "close")
            let head = HTTPResponseHead(
                version: .http1_1, status: HTTPResponseStatus(statusCode: status), headers: fields)
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            if bodyBytes > 0 {
                let body = ByteBuffer(repeating: UInt8(ascii: "x"), count: bodyBytes)
                context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
            }
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
    }
}
