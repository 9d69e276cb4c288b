import Foundation
package import Postgres
import TestSupport

/// A real PgBouncer on a free loopback port, before a server, that ends with the one who started it.
package final class PgBouncerTestServer: Sendable {
    /// PgBouncer is not installed.
    package struct Missing: Error, CustomStringConvertible {
        /// What to do.
        package let description = "PgBouncer is not installed: run script/test, or apt-get install pgbouncer"
    }

    /// The port on 127.0.0.1.
    package let port: Int
    private let process: PostgresProcess

    /// Starts a pooler before a server.
    ///
    /// - Parameters:
    ///   - server: Where it leads; all users of both have the server's own password.
    ///   - mode: `session`, `transaction` or `statement`.
    ///   - settings: Further lines of its configuration, such as `default_pool_size: 4`.
    /// - Throws: ``Missing``, or ``PostgresNotStarted``.
    package init(
        before server: PostgresTestServer, mode: String, settings: [String: String] = [:]
    ) async throws {
        let program = "/usr/sbin/pgbouncer"
        guard FileManager.default.isExecutableFile(atPath: program) else { throw Missing() }
        let folder = "/tmp/sluice-pgbouncer-\(UUID().uuidString.prefix(8).lowercased())"
        port = try LoopbackPort.free()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var lines = [
            "listen_addr": "127.0.0.1", "listen_port": "\(port)", "unix_socket_dir": "", "auth_type": "plain",
            "auth_file": "\(folder)/users.txt", "pool_mode": mode, "max_client_conn": "200",
        ]
        lines.merge(settings) { $1 }
        let configuration =
            "[databases]\n* = host=127.0.0.1 port=\(server.port)\n[pgbouncer]\n"
            + lines.sorted { $0.key < $1.key }.map { "\($0) = \($1)\n" }.joined()
        try Data(configuration.utf8).write(to: URL(filePath: "\(folder)/pgbouncer.ini"))
        try Data("\"postgres\" \"\(PostgresTestServer.password)\"\n".utf8).write(
            to: URL(filePath: "\(folder)/users.txt"))
        try PostgresProcess.give(folder)
        process = try await PostgresProcess(
            folder: folder, command: [program, "\(folder)/pgbouncer.ini"], readyText: "process up",
            // It has nothing to save, and at SIGINT it waits until its clients give their sessions back.
            endSignal: "KILL")
    }

    /// Ends it.
    package func stop() async { await process.stop(keepsFolder: false) }

    /// The same way in, through it.
    package func configuration(_ configuration: PostgresConfiguration) -> PostgresConfiguration {
        var through = configuration
        through.port = port
        return through
    }
}
