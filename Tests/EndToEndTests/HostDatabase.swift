import Foundation
import History
import HistoryPostgres
import HistorySQLite
import Postgres
import PostgresTestServer
import SQLite
import TestSupport
import Testing

/// Where hosts under test keep their books.
enum HostDatabase: Sendable {
    case sqlite
    /// A database of its own on a server, to which hosts come with the least role.
    case postgres(PostgresTestServer)

    /// A history that is open beside the hosts' own.
    struct Opening {
        let history: any RunHistory
        /// What makes a host use the database.
        let environment: [String: String]
        let close: @Sendable () async -> Void
    }

    /// Opens it beside the hosts.
    func open(_ store: SQLiteStore, folder: URL) async throws -> Opening {
        switch self {
        case .sqlite: return Opening(history: SQLiteHistory(store: store), environment: [:]) {}
        case .postgres(let server):
            let name = "hosts_\(UUID().uuidString.prefix(8).lowercased())"
            let (owner, host) = try await server.makeDatabaseWithRoles(name)
            let migration = try await SluiceProcess.run(
                ["migrate"], in: folder, environment: ["DATABASE_URL": server.url(owner)])
            try #require(migration.status == 0, "\(migration.errors)")
            let client = PostgresClient(host, connectionsMax: 8, waitMax: .seconds(30))
            let history = PostgresHistory(client: client)
            return Opening(history: history, environment: ["DATABASE_URL": server.url(host)]) {
                await history.close()
                await client.close()
            }
        }
    }

    /// All rows of all tables as text, as a thief of the database would read them.
    static func rows(_ url: String) async throws -> [String] {
        let client = PostgresClient(try PostgresConfiguration(url: url), connectionsMax: 1)
        let tables = try await client.run(
            PostgresStatement(
                "SELECT tablename FROM pg_tables WHERE schemaname = current_schema AND tablename <> 'migrations'")
        ).rows.map { try $0.get(0, as: String.self) }
        var rows: [String] = []
        for table in tables {
            rows += try await client.run(PostgresStatement("SELECT to_json(row)::text FROM \(table) AS row")).rows
                .map { try $0.get(0) }
        }
        await client.close()
        return rows
    }
}

extension PostgresTestServer {
    /// The URL of a way in.
    func url(_ configuration: PostgresConfiguration) -> String {
        url(database: configuration.database, user: configuration.user, password: configuration.password ?? "")
    }
}
