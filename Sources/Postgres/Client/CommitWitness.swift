/// Keeps what a process writes and reads from a database that lacks commits which the process has seen: a copy that was put in
/// the place of the one that has them.
package struct CommitWitness: Sendable {
    /// What such a copy says: a setting that nobody has is asked for there, which undoes the transaction.
    private static let lacking = SQLState(rawValue: "42704")

    private let look: @Sendable () -> (statement: PostgresStatement, reason: String)?

    /// Makes a witness.
    ///
    /// - Parameter look: What is looked at first, which fails in a copy as ``condition(_:)`` does, and why, for a person; nil as
    ///   long as the process has seen nothing.
    package init(look: @escaping @Sendable () -> (statement: PostgresStatement, reason: String)?) { self.look = look }

    /// A statement's text that fails where a condition is false.
    package static func condition(_ condition: String) -> String {
        "SELECT CASE WHEN \(condition) THEN '' ELSE current_setting('sluice.lacks_commits') END"
    }

    /// Sends statements in one transaction, which does nothing in a copy.
    ///
    /// - Returns: A result each.
    /// - Throws: As the connection's own, and ``PostgresError/unfit(server:reason:)`` in a copy.
    package func pipeline(
        _ statements: [PostgresStatement], on connection: PostgresConnection
    ) async throws(PostgresError) -> [PostgresResult] {
        guard let (statement, reason) = look() else { return try await connection.pipeline(statements) }
        do {
            return Array(try await connection.pipeline([statement] + statements).dropFirst())
        } catch .refused(let server, Self.lacking, _) {
            throw .unfit(server: server, reason: reason)
        }
    }
}
