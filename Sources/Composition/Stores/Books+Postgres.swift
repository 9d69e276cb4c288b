import HistoryPostgres
import Logging
package import Postgres
import SpendingPostgres

/// What is looked at before anything rests on a database.
extension Books {
    static func prepare(
        _ client: PostgresClient, _ ledger: PostgresLedger, _ history: PostgresHistory, for use: Use
    ) async throws {
        try await client.requireOwnSessions()
        switch use {
        case .command: try await requireTables(client)
        case .paying:
            try await requireTables(client)
            try await requireSound(client, ledger)
        case .serving(let logger):
            try await makeTables(client, logger)
            do {
                // In the order in which a question needs them; the client has its own by now.
                try await ledger.connect()
                try await history.connect()
            } catch let error as PostgresError where error.isWorthWaiting {
                throw SetupProblem(
                    "a host needs 4 connections, and one more while somebody waits for an answer: \(error)")
            }
            try await requireSound(client, ledger)
        }
    }

    /// Refuses a database that is not what migrations and entries made of it.
    private static func requireSound(_ client: PostgresClient, _ ledger: PostgresLedger) async throws {
        var problems = try await client.inspect(schemas)
        // Nothing can be read of rows whose tables are missing, or not this role's to read.
        if problems.isEmpty { problems = try await ledger.inspect() }
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
    package static func place(of steps: [String], in client: PostgresClient) -> String {
        let tables = schemas.flatMap { $0.tables(madeBy: steps) }
        return (tables.isEmpty ? "" : "tables \(tables.joined(separator: ", ")) in ") + place(client)
    }

    private static func makeTables(_ client: PostgresClient, _ logger: Logger) async throws {
        // Asked first: to who may not use them, tables that are there look as if they were to be made.
        try await requireUse(client)
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

    /// Refuses a schema that the role may not look into, as after a restore without grants.
    private static func requireUse(_ client: PostgresClient) async throws {
        guard try await client.mayUseSchema() else {
            throw SetupProblem(
                "role \(client.configuration.user) may not use \(place(client)); run deploy/postgres/roles.sql as a "
                    + "superuser")
        }
    }

    /// Refuses a database whose tables are not there or of an older program; `who` says why nobody makes them now.
    private static func requireTables(_ client: PostgresClient, who: String = "") async throws {
        let pending = try await client.pendingMigrations(schemas)
        guard !pending.isEmpty else { return }
        try await requireUse(client)
        let steps = schemas.flatMap { schema in (1...schema.migrations.count).map { "\(schema.name).\($0)" } }
        let lack =
            pending.count == steps.count
            ? "there are no tables of Sluice in \(place(client))"
            : "\(place(client)) lacks \(pending.joined(separator: ", "))"
        throw SetupProblem("\(lack)\(who); run `sluice migrate` with the owner's DATABASE_URL")
    }
}
