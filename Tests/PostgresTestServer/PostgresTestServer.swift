import Foundation
package import Postgres
import Synchronization
import TestSupport

/// A real PostgreSQL on a free loopback port, in a temporary folder, that ends with the one who started it.
package final class PostgresTestServer: Sendable {
    /// The superuser's password.
    package static let password = "p@ss word/"

    /// The port on 127.0.0.1.
    package let port: Int
    /// Where its files lie.
    package let folder: String

    private let settings: [String: String]
    private let running = Mutex<PostgresProcess?>(nil)
    private let schemas = Atomic(0)
    private static let sharedServer = Task { try await PostgresTestServer() }

    /// One for all tests of this process that do not harm it.
    package static func shared() async throws -> PostgresTestServer { try await sharedServer.value }

    /// Makes and starts a server.
    ///
    /// - Parameters:
    ///   - folder: Where its files shall lie; nil for a temporary folder.
    ///   - settings: Lines of its configuration.
    ///   - prepare: Does something to the data folder before the start.
    /// - Throws: ``PostgresMissing`` where PostgreSQL is not installed, or ``PostgresNotStarted``.
    package init(
        folder: String? = nil, settings: [String: String] = [:], prepare: (String) throws -> Void = { _ in }
    ) async throws {
        let folder = folder ?? "/tmp/sluice-postgres-\(UUID().uuidString.prefix(8).lowercased())"
        self.folder = folder
        port = try LoopbackPort.free()
        self.settings = settings
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data(Self.password.utf8).write(to: URL(filePath: "\(folder)/password"))
        try PostgresProcess.give(folder)
        try await PostgresProcess.run(
            "initdb",
            [
                "-D", "\(folder)/data", "-U", "postgres", "--pwfile=\(folder)/password", "--auth-local=trust",
                "--auth-host=scram-sha-256", "--no-locale", "-E", "UTF8", "--no-sync",
            ])
        try prepare("\(folder)/data")
        try PostgresProcess.give(folder)
        try await start()
    }

    /// One that runs is ended, and its folder removed, by its shell.
    deinit {
        if running.withLock({ $0 == nil }) { try? FileManager.default.removeItem(atPath: folder) }
    }

    /// Where one of PostgreSQL's programs is.
    ///
    /// - Throws: ``PostgresMissing``.
    package static func program(_ name: String) throws -> String { try PostgresProcess.program(name) }

    /// Starts it again.
    package func start() async throws {
        var settings = [
            "listen_addresses": "127.0.0.1", "port": "\(port)", "unix_socket_directories": folder,
            "shared_buffers": "32MB", "max_connections": "80", "logging_collector": "off",
        ]
        settings.merge(self.settings) { $1 }
        let process = try await PostgresProcess(folder: folder, settings: settings)
        running.withLock { $0 = process }
    }

    /// Stops it, as an operator would who is in a hurry: sessions are ended, the next start has nothing to mend.
    package func stop() async {
        let process = running.withLock { running in
            defer { running = nil }
            return running
        }
        await process?.stop(keepsFolder: true)
    }

    /// Kills it, with all its processes.
    package func kill() async {
        let process = running.withLock { running in
            defer { running = nil }
            return running
        }
        await process?.kill()
    }

    /// Freezes the server's own process and its children, or wakes them.
    package func freeze(_ isFrozen: Bool) { running.withLock { $0?.signalAll(isFrozen ? SIGSTOP : SIGCONT) } }

    /// Waits until somebody waits for a lock that a connection's transaction has.
    package static func untilBlocked(by connection: PostgresConnection) async throws {
        let blocked = PostgresStatement(
            "SELECT 1 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))")
        while try await connection.run(blocked).rows.isEmpty { try Task.checkCancellation() }
    }

    /// Makes an empty database.
    ///
    /// - Returns: The superuser's URL of it.
    package func makeDatabase(_ name: String) async throws -> String {
        let client = PostgresClient(configuration(), connectionsMax: 1)
        try await client.run(PostgresStatement("CREATE DATABASE \(name)", isPrepared: false))
        await client.close()
        return url(database: name)
    }

    /// Makes an empty database with the roles and the schema of `deploy/postgres/roles.sql`.
    ///
    /// - Returns: The ways in of the tables' owner and of a host.
    package func makeDatabaseWithRoles(
        _ name: String
    ) async throws -> (owner: PostgresConfiguration, host: PostgresConfiguration) {
        _ = try await makeDatabase(name)
        // Twice: it must do no harm when it is run again.
        for _ in 0..<2 { try await makeRoles(name) }
        return (
            configuration(database: name, user: "sluice_owner", password: Self.passwords.owner, schema: "sluice"),
            configuration(database: name, user: "sluice_host", password: Self.passwords.host, schema: "sluice")
        )
    }

    /// The passwords of the shipped roles.
    package static let passwords = (owner: "o'1", host: "h\"2")

    /// Runs `deploy/postgres/roles.sql` in a database.
    package func makeRoles(_ database: String) async throws {
        let file = URL(filePath: #filePath).appending(path: "../../../deploy/postgres/roles.sql").standardizedFileURL
        try await ChildProcess.run([
            "psql", "-q", "-d", url(database: database), "-v", "owner_password=\(Self.passwords.owner)", "-v",
            "host_password=\(Self.passwords.host)", "-f", file.path,
        ])
    }

    /// How many rows, and entries of indexes, were read from a schema's tables so far.
    ///
    /// - Parameter configuration: That of the sessions that read; all of them must be closing.
    /// - Returns: The count since the schema was made.
    /// - Throws: `PostgresError`.
    package func rowsRead(by configuration: PostgresConfiguration) async throws -> Int {
        let client = PostgresClient(self.configuration(), connectionsMax: 1)
        // A session gives its counts to the server before it leaves the list, and nothing tells when it has left.
        while try await client.run(
            PostgresStatement(
                "SELECT FROM pg_stat_activity WHERE starts_with(application_name, $1)",
                [.text(configuration.applicationName)])
        ).count > 0 { try await Task.sleep(for: .milliseconds(10)) }
        let row = try await client.run(
            PostgresStatement(
                """
                SELECT (SELECT coalesce(sum(seq_tup_read), 0) FROM pg_stat_user_tables WHERE schemaname = $1)::int8
                    + (SELECT coalesce(sum(idx_tup_read), 0) FROM pg_stat_user_indexes WHERE schemaname = $1)::int8
                """, [.text(configuration.schema)])
        ).rows.first
        await client.close()
        return try row?.get(0) ?? 0
    }

    /// A URL that leads to a database.
    package func url(database: String = "postgres", user: String = "postgres", password: String = password) -> String {
        // All but letters and digits, so that no password can be misread.
        let escaped = password.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        return "postgres://\(user):\(escaped)@127.0.0.1:\(port)/\(database)"
    }

    /// The superuser's way in.
    package func configuration(
        database: String = "postgres", user: String = "postgres", password: String = password, schema: String? = nil
    ) -> PostgresConfiguration {
        var configuration = PostgresConfiguration(
            host: "127.0.0.1", port: port, database: database, user: user, password: password)
        configuration.schema = schema ?? "sluice_\(schemas.add(1, ordering: .relaxed).newValue)"
        return configuration
    }
}
