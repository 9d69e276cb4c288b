import RabbitMQServer

/// A server that tests may kill, freeze and starve, one after the other: all of them are in ``FailureTests``.
enum FragileServer {
    /// Awaited by the tests.
    private static let started = Task { try await RabbitMQServer() }

    static var server: RabbitMQServer { get async throws { try await started.value } }
}
