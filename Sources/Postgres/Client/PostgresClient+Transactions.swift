/// What a transaction sees of others: <https://www.postgresql.org/docs/13/transaction-iso.html>.
package enum IsolationLevel: String, Sendable {
    /// Each statement sees what was committed before it.
    case readCommitted = "READ COMMITTED"
    /// All statements see what was committed before the first.
    case repeatableRead = "REPEATABLE READ"
    /// As if transactions came one after the other; see ``SQLState/serializationFailure``.
    case serializable = "SERIALIZABLE"
}

extension PostgresClient {
    /// Runs a closure within a transaction: committed when it returns, undone when it throws or its task is cancelled.
    ///
    /// - Parameters:
    ///   - isolation: What it sees of others.
    ///   - attemptsMax: How often at most it is tried where the server answers
    ///     ``SQLState/serializationFailure`` or ``SQLState/deadlockDetected``; `body` must do no harm when done again.
    ///   - body: The statements.
    /// - Returns: What `body` gives.
    /// - Throws: ``PostgresError/commitInDoubt(server:)`` where the connection broke during the commit, any other
    ///   ``PostgresError`` with nothing done, or what `body` throws.
    @discardableResult
    package func withTransaction<Value: Sendable>(
        isolation: IsolationLevel = .readCommitted, attemptsMax: Int = 1,
        _ body: (PostgresConnection) async throws -> Value
    ) async throws -> Value {
        var attempt = 1
        while true {
            do {
                return try await withConnection { connection in
                    try await connection.transaction(isolation, body)
                }
            } catch let error as PostgresError {
                guard error.state?.isWorthRepeating == true, attempt < attemptsMax else { throw error }
                attempt += 1
            }
        }
    }
}

extension PostgresConnection {
    /// Runs a closure within a transaction of this connection; see ``PostgresClient/withTransaction(isolation:attemptsMax:_:)``.
    nonisolated func transaction<Value: Sendable>(
        _ isolation: IsolationLevel, _ body: (PostgresConnection) async throws -> Value
    ) async throws -> Value {
        try await run(PostgresStatement("BEGIN ISOLATION LEVEL \(isolation.rawValue)"))
        let value: Value
        do {
            value = try await body(self)
            try Task.checkCancellation()
        } catch {
            do {
                try await run(PostgresStatement("ROLLBACK"), isCancellable: false)
            } catch {
                // The server undoes it when the connection ends.
                await close()
            }
            throw error
        }
        try await commit()
        return value
    }

    private nonisolated func commit() async throws(PostgresError) {
        let result: PostgresResult
        do throws(PostgresError) {
            result = try await run(PostgresStatement("COMMIT"), isCancellable: false)
        } catch .connectionLost(let server) {
            throw .commitInDoubt(server: server)
        }
        // A transaction in which a statement failed is undone by COMMIT too, without an error.
        guard result.command == "COMMIT" else {
            throw .refused(
                server: configuration.server, state: SQLState(rawValue: "25P02"), constraint: nil)
        }
    }
}
