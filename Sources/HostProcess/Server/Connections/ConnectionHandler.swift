import Hummingbird
import NIOCore
import NIOHTTPTypes

/// Holds a connection's client to its times, and gives each refusal a body.
///
/// Hummingbird's own time-out sees neither a body that trickles nor an answer that nobody reads, and its shutdown waits for
/// both.
final class ConnectionHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// Says to a client that waits for it that its body is wanted.
    struct BodyWanted: Sendable {}

    private enum Wait {
        case head, body, answer, ending
    }

    /// Whoever is on the other side.
    let client = ClientPresence()

    private let times: ConnectionTimes
    private let connections: OpenConnections
    private var isOpen = false
    private var isReadingBody = false
    /// Whether the client sends no body before it is asked for it (`Expect: 100-continue`).
    private var holdsBodyBack = false
    /// Whether the answer under way is the connection's last.
    private var isLast = false
    /// For each request that is not answered yet, whether it asks for the head alone.
    private var owed: [Bool] = []
    private var hasBegunAnswer = false
    /// Answers that are on their way to the client.
    private var unread = 0
    private var isEnding = false
    private var isRefused = false
    /// Whether the next request's head has begun to come.
    private var isInHead = true
    private var timer: (wait: Wait, task: Scheduled<Void>)?

    init(times: ConnectionTimes, connections: OpenConnections) {
        self.times = times
        self.connections = connections
    }

    func channelActive(context: ChannelHandlerContext) {
        isOpen = true
        if connections.open(context.channel) {
            start(.head, times.head, context)
        } else {
            refuse(.serviceUnavailable, Self.tooMany, context)
        }
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        close(context)
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { close(context) }

    private func close(_ context: ChannelHandlerContext) {
        timer?.task.cancel()
        timer = nil
        if isOpen { connections.close(context.channel) }
        isOpen = false
        client.leave()
    }

    // MARK: - What passes

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isRefused else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            owed.append(head.method == .head)
            guard HealthRoutes.serves(head.path) || connections.asks(context.channel) else {
                return refuse(.serviceUnavailable, Self.tooMany, context)
            }
            (isReadingBody, isInHead) = (true, false)
            holdsBodyBack = ConnectionContext.asksFirst(head)
            start(.body, times.body, context)
        case .body: holdsBodyBack = false
        case .end:
            (isReadingBody, holdsBodyBack) = (false, false)
            connections.works(context.channel)
            waitForNext(context)
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head) where head.status.kind != .informational:
            hasBegunAnswer = true
            unread += 1
            // A body that is still to come has its own time.
            if !isReadingBody { start(.answer, times.answer, context) }
            // Its client may send the body or not: what comes next could be either
            // (<https://www.rfc-editor.org/rfc/rfc9110#section-10.1.1>).
            isLast = holdsBodyBack && owed.count == 1
            var answer = head
            if isLast { answer.headerFields[.connection] = "close" }
            pass(answer, context, promise)
        case .head, .body: context.write(data, promise: promise)
        case .end:
            hasBegunAnswer = false
            if !owed.isEmpty { owed.removeFirst() }
            // From now on it is the client's turn, which may take the answer or not.
            if owed.isEmpty, !isReadingBody { connections.waits(context.channel) }
            let promise = promise ?? context.eventLoop.makePromise(of: Void.self)
            promise.futureResult.assumeIsolated().whenComplete { [self] _ in
                unread -= 1
                stop(.answer)
                if isLast { context.close(promise: nil) } else { waitForNext(context) }
            }
            context.write(data, promise: promise)
        }
    }

    /// Passes the head of an answer on; a refusal without a body gets one.
    private func pass(_ head: HTTPResponse, _ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?) {
        guard head.status.code >= 400, head.headerFields[.contentLength] == "0", owed.first != true else {
            return context.write(wrapOutboundOut(.head(head)), promise: promise)
        }
        let (head, body) = Self.answer(head.status, head.status.reasonPhrase.lowercased(), headers: head.headerFields)
        context.write(wrapOutboundOut(.head(head)), promise: promise)
        context.write(wrapOutboundOut(.body(body)), promise: nil)
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard event is BodyWanted else { return context.triggerUserOutboundEvent(event, promise: promise) }
        // One that has sent all of it, or has its answer, waits for nothing; nor may this overtake another's answer.
        if isReadingBody, owed.count == 1, !hasBegunAnswer, unread == 0, !isRefused {
            holdsBodyBack = false
            context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
        }
        promise?.succeed()
    }

    // MARK: - Time

    /// Waits for whoever is next to do something.
    private func waitForNext(_ context: ChannelHandlerContext) {
        guard isOpen, !isReadingBody else { return }
        if unread > 0 {
            start(.answer, times.answer, context)
        } else if owed.isEmpty {
            connections.waits(context.channel)
            start(.head, isInHead ? times.head : times.idle, context)
        } else {
            stop(.answer)
            stop(.body)
        }
    }

    private func start(_ wait: Wait, _ time: TimeAmount, _ context: ChannelHandlerContext) {
        // The server's own end comes soon enough; and the time of an answer runs from its first byte.
        guard !isEnding, timer?.wait != wait || wait == .head else { return }
        timer?.task.cancel()
        let task = context.eventLoop.assumeIsolated().scheduleTask(in: time) { [self] in isOver(wait, context) }
        timer = (wait, task)
    }

    private func stop(_ wait: Wait) {
        guard timer?.wait == wait else { return }
        timer?.task.cancel()
        timer = nil
    }

    private func isOver(_ wait: Wait, _ context: ChannelHandlerContext) {
        timer = nil
        if wait == .body, owed.count == 1, !hasBegunAnswer, unread == 0 {
            refuse(.requestTimeout, "the request took too long to come", context)
        } else {
            context.close(promise: nil)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        // Hummingbird closes those that have nothing under way.
        case is ChannelShouldQuiesceEvent where !isEnding:
            start(.ending, times.ending, context)
            isEnding = true
        case is ClientBytes.Came where !isInHead && !isReadingBody && owed.isEmpty && unread == 0:
            isInHead = true
            start(.head, times.head, context)
        // It may still read; whoever has closed both sides looks the same from here.
        case ChannelEvent.inputClosed: client.leave()
        default: break
        }
        context.fireUserInboundEventTriggered(event)
    }

    // MARK: - Refusals

    private static let tooMany = "too many connections are open; try again in a moment"

    private func refuse(_ status: HTTPResponse.Status, _ reason: String, _ context: ChannelHandlerContext) {
        isRefused = true
        // What was asked before is being answered, and this may not overtake it.
        guard owed.count <= 1 else { return context.close(promise: nil) }
        // Whoever does not take the refusal is not waited for long.
        start(.ending, times.ending, context)
        isEnding = true
        let (answer, body) = Self.answer(status, reason, headers: [.connection: "close"])
        var head = answer
        if status == .serviceUnavailable { head.headerFields[.retryAfter] = "1" }
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if owed.first != true { context.write(wrapOutboundOut(.body(body)), promise: nil) }
        let isWritten = context.eventLoop.makePromise(of: Void.self)
        isWritten.futureResult.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: isWritten)
    }

    private static func answer(
        _ status: HTTPResponse.Status, _ reason: String, headers: HTTPFields
    ) -> (HTTPResponse, ByteBuffer) {
        let reply = Reply(status, ["error": reason])
        var head = HTTPResponse(status: status, headerFields: headers)
        head.headerFields[.contentType] = "application/json"
        head.headerFields[.contentLength] = "\(reply.body.count)"
        return (head, ByteBuffer(bytes: reply.body))
    }
}
