import HTTPTypes
import Hummingbird
import NIOCore

/// A request's context, which knows its connection.
struct ConnectionContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    private let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }

    /// The body of a request that is to be read, for which its client may be waiting to be asked (`Expect: 100-continue`).
    ///
    /// - Throws: `HTTPError` at once, without a byte of it, for one that is said to be longer than `bytesMax`.
    func body(of request: Request, upTo bytesMax: Int) throws -> RequestBody {
        if let length = request.headers[.contentLength].flatMap(Int.init), length > bytesMax {
            throw HTTPError(.contentTooLarge)
        }
        if Self.asksFirst(request.head) {
            channel.triggerUserOutboundEvent(ConnectionHandler.BodyWanted(), promise: nil)
        }
        return request.body
    }

    /// Whether a client sends no body before it is asked for it.
    static func asksFirst(_ head: HTTPRequest) -> Bool {
        head.headerFields[.expect]?.lowercased() == "100-continue"
    }

    /// Waits for what `body` gives, for as long as the client does: see ``ClientPresence``.
    func whileClientStays<Value: Sendable>(
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value? {
        let channel = channel
        // A closed connection has no handlers any more.
        let client = try? await channel.eventLoop.submit {
            try channel.pipeline.syncOperations.handler(type: ConnectionHandler.self).client
        }.get()
        return try await client?.whileThere(body)
    }
}
