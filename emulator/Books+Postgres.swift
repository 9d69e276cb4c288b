import HistoryPostgres
import Logging
import Postgres
import SpendingPostgres

/// What is looked at before anything rests on a database.
extension Books {
    static func prepare(
        _ client: PostgresClient, _ ledger: PostgresLedger, _ history: PostgresHistory, for use: Use
    ) async throws {
        try await client.requireOwnSessions()
        guard case .serving(let logger) = use else { return try await requireTables(client) }
        try await makeTables(client, logger)
        do {
            // In the order in which a question needs them; the client has its own by now.
            try await ledger.connect()
            try await history.connect()
        } catch let error as PostgresError where error.isWorthWaiting {
            throw SetupProblem("a host needs 4 connections, and one more while somebody waits for an answer: \(error)")
        }
        let problems = try await client.inspect(schemas) + ledger.inspect()
        guard let first = problems.first else { return }
        let others = problems.count - 1
        throw SetupProblem(
            "\(client.configuration.server) is not as it should be: \(first)"
                + (others == 0 ? "" : " (and \(others) more, which the next start names)"))
    }

    /// Where tables are, as messages name it.
    static func place(_ client: PostgresClient) -> String {
        "schema \(client.configuration.schema) of \(client.configuration.server)"
    }

    /// The tables that steps make, and where.
    static func place(of steps: [String], in client: PostgresClient) -> String {
        let tables = schemas.flatMap { $0.tables(madeBy: steps) }
        return (tables.isEmpty ? "" : "tables \(tables.joined(separator: ", ")) in ") + place(client)
    }

    private static func makeTables(_ client: PostgresClient, _ logger: Logger) async throws {
        do {
            let steps = try await client.migrate(schemas)
            guard !steps.isEmpty else { return }
            logger.notice(
                "tables made",
                metadata: [
                    "tables.steps": "\(steps.joined(separator: ", "))",
                    "tables.place": "\(place(of: steps, in: client))",
                ])
        } catch let error as PostgresError where error.state == .insufficientPrivilege {
            try await requireTables(client, who: ", which role \(client.configuration.user) may not make")
            throw error
        }
    }

    /// Refuses a database whose tables are not there or of an older program; `who` says why nobody makes them now.
    private static func requireTables(_ client: PostgresClient, who: String = "") async throws {
        let pending = try await client.pendingMigrations(schemas)
        guard !pending.isEmpty else { return }
        if try await !client.mayUseSchema() {
            throw SetupProblem(
                "role \(client.configuration.user) may not use \(place(client)); run deploy/postgres/roles.sql as a "
                    + "superuser")
        }
        let steps = schemas.flatMap { schema in (1...schema.migrations.count).map { "\(schema.name).\($0)" } }
        let lack =
            pending.count == steps.count
            ? "there are no tables of Sluice in \(place(client))"
            : "\(place(client)) lacks \(pending.joined(separator: ", "))"
        throw SetupProblem("\(lack)\(who); run `sluice migrate` with the owner's DATABASE_URL")
    }
}
