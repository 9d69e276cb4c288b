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
