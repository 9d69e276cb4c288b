/// What a session is asked to be, and what is compared with it once it is there.
///
/// Settings are set by a statement, not with the start: poolers drop what stands there, or refuse it. A role or a database
/// may have been given others.
struct PostgresSession {
    let configuration: PostgresConfiguration

    /// What to do about a pooler, for the end of a sentence.
    private static let advice = "set pool_mode = session there (PgBouncer), or name the server itself in DATABASE_URL"

    init(_ configuration: PostgresConfiguration) { self.configuration = configuration }

    // MARK: - Facts

    /// What is as it is.
    static let facts = PostgresStatement(
        """
        SELECT pg_backend_pid(), pg_is_in_recovery(), current_setting('server_encoding'),
            current_setting('client_encoding'), current_setting('session_replication_role')
        """, isPrepared: false)

    /// Looks at the facts.
    ///
    /// - Returns: The process that serves the session.
    func check(facts: PostgresResult) throws(PostgresError) -> Int {
        guard let row = facts.rows.first else { throw .unexpectedType(column: 0) }
        let (encoding, clients): (String, String) = (try row.get(2), try row.get(3))
        // Any other loses what it has no letters for, after it was paid for.
        guard encoding == "UTF8" else {
            throw unfit(
                "its database is encoded in \(encoding), which cannot keep every answer; make one with ENCODING 'UTF8'")
        }
        guard clients == "UTF8" else { throw unfit("it takes texts as \(clients) and not as UTF8; \(Self.advice)") }
        if try row.get(1) { throw .standby(server: configuration.server) }
        guard try row.get(4, as: String.self) == "origin" else {
            throw unfit("session_replication_role turns triggers off for this role; ALTER ROLE ... RESET it")
        }
        return try row.get(0)
    }

    // MARK: - Settings

    /// Undoes what a session's last owner may have left behind, for one that comes from a pooler.
    static let cleaning = ["DEALLOCATE ALL", "UNLISTEN *", "SELECT pg_advisory_unlock_all()"].map {
        PostgresStatement($0, isPrepared: false)
    }

    /// Sets what is asked for, and reads it back; in the session of one process alone.
    func settings(in backendID: Int) -> [PostgresStatement] {
        let settings = configuration.settings.sorted { $0.key < $1.key }
        let names = PostgresValue.texts(settings.map(\.key))
        return [
            PostgresStatement(
                """
                SELECT name, set_config(name, value, false) FROM unnest($1::text[], $2::text[]) AS asked(name, value)
                WHERE pg_backend_pid() = $3
                """, [names, .texts(settings.map(\.value)), .int8(backendID)], isPrepared: false),
            PostgresStatement(
                "SELECT name, current_setting(name) FROM unnest($1::text[]) AS asked(name)", [names], isPrepared: false),
        ]
    }

    /// Compares what was asked for with what is.
    func check(asked: PostgresResult, found: PostgresResult) throws(PostgresError) {
        guard asked.rows.count == configuration.settings.count else { throw Self.lost(by: configuration) }
        for (asked, found) in zip(asked.rows, found.rows) where asked != found {
            let (name, value): (String, String) = (try found.get(0), try found.get(1))
            throw unfit(
                "a session has \(name) = \(value) where \(try asked.get(1, as: String.self)) was asked for; \(Self.advice)"
            )
        }
    }

    private func unfit(_ reason: String) -> PostgresError { .unfit(server: configuration.server, reason: reason) }

    // MARK: - Poolers

    /// A statement that fails in the session of any other process, and so undoes what comes with it.
    static func isOwn(_ backendID: Int) -> String { "SELECT 1 / (pg_backend_pid() = \(backendID))::int4" }

    /// The error of a session that became another.
    static func lost(by configuration: PostgresConfiguration) -> PostgresError {
        .unfit(
            server: configuration.server,
            reason: "a pooler before it gives each transaction another session, and sluice needs its own; \(advice)")
    }

    /// The error of sessions without transactions.
    static func withoutTransactions(_ configuration: PostgresConfiguration) -> PostgresError {
        .unfit(
            server: configuration.server,
            reason: "a pooler before it gives each statement another session, and no transactions; \(advice)")
    }
}

extension PostgresConnection {
    /// Asks the session to be what the configuration says, and looks whether it is: one round trip, a second one behind a
    /// pooler.
    func begin() async throws(PostgresError) {
        let session = PostgresSession(configuration)
        do throws(PostgresError) {
            let startedBy = startedBy
            var results = try await pipeline(
                [PostgresSession.facts] + session.settings(in: startedBy), isCancellable: false)
            let backendID = try session.check(facts: results[0])
            if backendID != startedBy {
                ownSession = PostgresSession.isOwn(backendID)
                results = try await pipeline(
                    PostgresSession.cleaning + session.settings(in: backendID), isCancellable: false)
            }
            let last = results.suffix(2)
            try session.check(asked: last[last.startIndex], found: last[last.startIndex + 1])
        } catch .connectionLost {
            throw notBegun
        }
        answerTimeout = configuration.answerTimeout
    }

    /// Why a connection that was made came to nothing.
    var notBegun: PostgresError {
        wasSilent
            ? .noSession(server: configuration.server, within: configuration.connectTimeout)
            : .cannotConnect(server: configuration.server, state: endState, reason: "it ended the session at once")
    }
}
