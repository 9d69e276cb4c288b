import Foundation
import Postgres
import PostgresTestServer
import RabbitMQServer
import TestSupport
import Testing

@Suite("reading waits for nobody who writes", .timeLimit(.minutes(5)))
struct ReadingTests {
    /// Long against any read, and short against what a writer waits for a lock.
    private static let patience = Duration.seconds(8)

    /// Has the write lock of a folder's data file in another process until a body returns.
    private func whileLocked(in folder: TemporaryFolder, _ body: () async throws -> Void) async throws {
        let python = try #require(ProcessInfo.processInfo.environment["SLUICE_PYTHON"], "script/test sets it")
        let script = """
            import sqlite3, time
            connection = sqlite3.connect(".sluice/sluice.sqlite", isolation_level=None)
            connection.execute("BEGIN IMMEDIATE")
            print("taken", flush=True)
            time.sleep(600)
            """
        let holder = try SluiceProcess(["-c", script], in: folder.url, executable: python)
        try #require(await holder.line(with: "taken") != nil, "\(holder.errors)")
        try await body()
        holder.signal(SIGKILL)
        #expect(await holder.status() == -SIGKILL)
    }

    /// Asks a running server and every reading command, all of which must answer at once.
    private func readAll(
        _ server: HostRun, _ id: String, in folder: TemporaryFolder, _ arguments: [String] = [],
        environment: [String: String] = [:]
    ) async throws {
        for path in ["/healthz", "/readyz", "/metrics", "/v1/questions/\(id)", "/v1/questions/\(id)?wait=5"] {
            let start = ContinuousClock.now
            let reply = try await server.get(path)
            #expect(reply.status == 200 && !reply.body.isEmpty, "\(path): \(reply)")
            #expect(ContinuousClock.now - start < Self.patience, "\(path)")
            if path == "/metrics" {
                #expect(reply.body.contains("spending_spent") && reply.body.contains("ledger_ready 1"))
            }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, command) in try await CommandTree.reading(in: folder.url).enumerated() {
                // Two at a time, as the machine has processors.
                if number >= 2 { try await group.next() }
                group.addTask {
                    let start = ContinuousClock.now
                    let ending = try await SluiceProcess.run(
                        command + (["queues", "dead"].contains(command[0]) ? arguments : []), in: folder.url,
                        environment: environment)
                    // There is no such letter, and the log has no call.
                    let expected = command.contains("show") ? 2 : command.contains("reconcile") ? 1 : 0
                    #expect(ending.status == expected, "\(command): \(ending.errors)")
                    #expect(!ending.errors.contains("locked"), "\(command): \(ending.errors)")
                    #expect(ContinuousClock.now - start < Self.patience, "\(command)")
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("with SQLite: answers, readiness, metrics and every command, while another process has the write lock")
    func sqlite() async throws {
        let folder = try TemporaryFolder()
        let (process, address, _) = try await EmulatorTests().start(in: folder.url)
        let server = HostRun(process: process, address: address)
        let accepted = try await server.get(
            "/v1/questions", post: "{\"question\": \"What is a defect?\", \"id\": \"q\"}")
        #expect(accepted.status == 202)
        #expect(try await server.get("/v1/questions/q?wait=30").body.contains("\"answer\""))
        try await whileLocked(in: folder) { try await readAll(server, "q", in: folder) }
        process.signal(SIGTERM)
        #expect(await process.status() == 0)
        // Closed in order, the file has no log: a reader begins none.
        try await whileLocked(in: folder) {
            let ending = try await SluiceProcess.run(["budget", "status"], in: folder.url)
            #expect(ending.status == 0, "\(ending.errors)")
        }
    }

    @Test("with PostgreSQL: the same, while another session keeps all writers out of all tables")
    func postgres() async throws {
        let broker = try await RabbitMQServer.shared()
        let server = try await PostgresTestServer.shared()
        let name = "reading_\(UUID().uuidString.prefix(8).lowercased())"
        let (owner, host) = try await server.makeDatabaseWithRoles(name)
        let folder = try TemporaryFolder()
        let migration = try await SluiceProcess.run(
            ["migrate"], in: folder.url, environment: ["DATABASE_URL": server.url(owner)])
        #expect(migration.status == 0, "\(migration.errors)")
        let environment = [
            "DATABASE_URL": server.url(host), "SLUICE_BROKER_URL": broker.url(vhost: try await broker.newVhost()),
        ]
        let (process, address, line) = try await EmulatorTests().start(
            in: folder.url, ["--stand-in"], environment: environment)
        #expect(line.contains("; data in PostgreSQL at 127.0.0.1:") && !line.contains("@"), "\(line)")
        #expect(line.contains(", queues in RabbitMQ at 127.0.0.1:"), "\(line)")
        let run = HostRun(process: process, address: address)
        #expect(
            try await run.get("/v1/questions", post: "{\"question\": \"What is a defect?\", \"id\": \"q\"}").status
                == 202)
        #expect(try await run.get("/v1/questions/q?wait=30").body.contains("\"answer\""))
        var patient = owner
        patient.idleInTransactionTimeout = .seconds(120)
        let locker = PostgresClient(patient, connectionsMax: 1)
        try await locker.withTransaction { connection in
            // Lets nobody lock a row, and everybody read.
            try await connection.run(
                PostgresStatement(
                    """
                    DO $$ DECLARE name text; BEGIN
                        FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema LOOP
                            EXECUTE format('LOCK TABLE %I IN EXCLUSIVE MODE', name);
                        END LOOP;
                    END $$
                    """))
            // Longer than upkeep looks, so that it waits for the lock with all that it has.
            try await Task.sleep(for: .seconds(6))
            try await readAll(run, "q", in: folder, environment: environment)
        }
        await locker.close()
        process.signal(SIGTERM)
        #expect(await process.status() == 0)
    }
}
