/// What somebody said with `NOTIFY`.
package struct PostgresNotification: Sendable, Hashable {
    /// Where.
    package let channel: String
    /// What; empty where nothing was said.
    package let payload: String
}

extension PostgresClient {
    /// How many notifications may wait to be read; one more ends the listening, so that none is missed unnoticed.
    private static let notificationsMax = 1024

    /// Listens on a channel, on a connection of its own, as long as `body` runs.
    ///
    /// The sequence ends when the connection does, or when its reader is far behind; what was said while nobody listened
    /// is lost, so look at the tables after each start.
    ///
    /// - Throws: ``PostgresError`` where no connection can be made, or what `body` throws.
    package func withNotifications<Value: Sendable>(
        on channel: String, _ body: (AsyncStream<PostgresNotification>) async throws -> Value
    ) async throws -> Value {
        let connection = try await PostgresConnection.open(configuration)
        let (stream, continuation) = AsyncStream.makeStream(
            of: PostgresNotification.self, bufferingPolicy: .bufferingOldest(Self.notificationsMax))
        do {
            await connection.listen(
                { if case .dropped = continuation.yield($0) { continuation.finish() } },
                end: { continuation.finish() })
            let name = channel.replacing("\"", with: "\"\"")
            try await connection.run(PostgresStatement("LISTEN \"\(name)\"", isPrepared: false))
            let value = try await body(stream)
            await connection.close()
            return value
        } catch {
            await connection.close()
            throw error
        }
    }
}
