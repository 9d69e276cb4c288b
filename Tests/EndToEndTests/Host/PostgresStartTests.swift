import Foundation
import Postgres
import PostgresTestServer
import TestSupport
import Testing

@Suite("A host that starts on a database", .timeLimit(.minutes(5)))
struct PostgresStartTests {
    /// An empty database: the superuser's URL, and a client of it.
    private func database() async throws -> (name: String, url: String) {
        let name = "start_\(UUID().uuidString.prefix(8).lowercased())"
        return (name, try await PostgresTestServer.shared().makeDatabase(name))
    }

    private func hasSchema(_ url: String) async throws -> Bool {
        let client = PostgresClient(try PostgresConfiguration(url: url), connectionsMax: 1)
        let found = try await client.run(
            PostgresStatement("SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'sluice')"))
        await client.close()
        return try found.rows[0].get(0)
    }

    @Test(
        "through PgBouncer with a session for each client and 4 places does all that it does without, and says what it made"
    )
    func pooler() async throws {
        let server = try await PostgresTestServer.shared()
        let pooler = try await PgBouncerTestServer(
            before: server, mode: "session", settings: ["default_pool_size": "4"])
        let (_, url) = try await database()
        let through = url.replacing(":\(server.port)/", with: ":\(pooler.port)/")
        let folder = try TemporaryFolder()
        try await ModelServer.run { model in
            let host = try await HostRun.start(
                in: folder.url, environment: model.environment.merging(["DATABASE_URL": through]) { $1 })
            let made = try #require(host.startLines.first { $0.contains("\"tables made\"") })
            #expect(
                made.contains("journal") && made.contains("schema sluice of PostgreSQL at 127.0.0.1:\(pooler.port), "))
            #expect(!made.contains("p@ss") && !made.contains("p%40"))
            let readiness = try await host.get("/readyz")
            #expect(readiness.status == 200, "\(readiness.body)")
            let answers = try await withThrowingTaskGroup(of: String.self) { group in
                for number in 0..<12 {
                    group.addTask {
                        let accepted = try await host.get(
                            "/v1/questions",
                            post: "{\"question\": \"My phone is broken, the number \(number). What now?\"}")
                        let id = try #require(accepted.body.firstMatch(of: /"id" ?: ?"([^"]+)"/)?.1)
                        return try await host.get("/v1/questions/\(id)?wait=50").body
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.allSatisfy { $0.contains("\"answer\"") }, "\(answers)")
            #expect(await host.end() == 0)
        }
        let verification = try await SluiceProcess.run(
            ["budget", "verify"], in: folder.url, environment: ["DATABASE_URL": through])
        #expect(verification.status == 0, "\(verification.errors)")
        await pooler.stop()
    }

    @Test(
        "does not start where sessions are shared, places are missing or letters would be lost, and says so in one line",
        arguments: ["transaction", "statement", "places", "LATIN1"])
    func unfit(what: String) async throws {
        let server = try await PostgresTestServer.shared()
        let pooler = try await PgBouncerTestServer(
            before: server, mode: what == "places" ? "session" : what == "LATIN1" ? "session" : what,
            settings: what == "places" ? ["default_pool_size": "2"] : [:])
        var (name, url) = try await database()
        if what == "LATIN1" {
            name += "_latin1"
            let admin = PostgresClient(server.configuration())
            try await admin.run(
                PostgresStatement("CREATE DATABASE \(name) ENCODING 'LATIN1' TEMPLATE template0", isPrepared: false))
            await admin.close()
            url = server.url(database: name)
        }
        let through = url.replacing(":\(server.port)/", with: ":\(pooler.port)/")
        let folder = try TemporaryFolder()
        let ending = try await SluiceProcess.run(
            ["host"], in: folder.url,
            environment: HostRun.unused.merging(["SLUICE_LISTEN_PORT": "0", "DATABASE_URL": through]) { $1 })
        #expect(ending.status == 1)
        #expect(ending.errors.split(separator: "\n").count == 1, "\(ending.errors)")
        let says =
            switch what {
            case "places": "default_pool_size"
            case "LATIN1": "is encoded in LATIN1"
            default: "pool_mode = session"
            }
        #expect(ending.errors.contains(says), "\(ending.errors)")
        #expect(!ending.errors.contains("p@ss"))
        // Nothing was made where sessions are shared.
        if says == "pool_mode = session" { #expect(try await hasSchema(url) == false) }
        await pooler.stop()
    }

    @Test("alone makes tables: a command in a shell that names some database does not")
    func commands() async throws {
        let (name, url) = try await database()
        let folder = try TemporaryFolder()
        for command in [
            ["budget", "status"], ["budget", "verify"], ["history", "export"], ["dead", "list"],
            ["ask", "--stand-in", "Can I return a phone?"],
            ["invoke", "--stand-in", "llm-connector", "--payload", "{}"],
        ] {
            let ending = try await SluiceProcess.run(command, in: folder.url, environment: ["DATABASE_URL": url])
            #expect(ending.status == 1, "\(command)")
            #expect(
                ending.errors.hasPrefix(
                    "sluice: there are no tables of Sluice in schema sluice of PostgreSQL at 127.0.0.1:")
                    && ending.errors.hasSuffix("database \(name); run `sluice migrate` with the owner's DATABASE_URL\n"),
                "\(command) \(ending.errors)")
        }
        #expect(try await hasSchema(url) == false)
        let migration = try await SluiceProcess.run(["migrate"], in: folder.url, environment: ["DATABASE_URL": url])
        #expect(migration.errors.hasPrefix("sluice: made tables ledger_head, ") && !migration.errors.contains("p@ss"))
        let status = try await SluiceProcess.run(
            ["budget", "status"], in: folder.url, environment: ["DATABASE_URL": url])
        #expect(status.status == 0, "\(status.errors)")
    }

    @Test("is asked for by no command that only looks at queues, or at a clock without budgets")
    func unused() async throws {
        let folder = try TemporaryFolder()
        try await SluiceProcess.beginLedger(in: folder.url)
        let nowhere = ["DATABASE_URL": "postgres://u:p@127.0.0.1:1/x"]
        let queues = try await SluiceProcess.run(["queues"], in: folder.url, environment: nowhere)
        #expect(queues.status == 0 && queues.output.contains("rag-core"), "\(queues.errors)")
        let dead = try await SluiceProcess.run(["dead", "list"], in: folder.url, environment: nowhere)
        #expect(dead.status == 1)
        // A program beside which no budgets lie.
        let program = folder.url.appending(path: "sluice").path
        try FileManager.default.copyItem(atPath: SluiceProcess.binary, toPath: program)
        func run(_ arguments: String...) async throws -> (status: Int32, errors: String) {
            let process = try SluiceProcess(arguments, in: folder.url, executable: program)
            return (await process.status(), process.errors)
        }
        let status = try await run("budget", "status")
        #expect(status.status == 1 && status.errors.contains("name it with --budgets"), "\(status.errors)")
        let clock = try await run("budget", "clock", "accept", "--reason", "a test")
        #expect(clock.status == 2 && clock.errors.contains("clock"), "\(clock.errors)")
    }

    @Test("whose role may not use the schema, as after a restore without grants, says what to run")
    func withoutGrants() async throws {
        let server = try await PostgresTestServer.shared()
        let (name, url) = try await database()
        let folder = try TemporaryFolder()
        #expect(
            try await SluiceProcess.run(["migrate"], in: folder.url, environment: ["DATABASE_URL": url]).status == 0)
        let admin = PostgresClient(try PostgresConfiguration(url: url), connectionsMax: 1)
        try await admin.run(
            PostgresStatement("CREATE ROLE \(name) LOGIN PASSWORD 'granted nothing'", isPrepared: false))
        await admin.close()
        for command in [["host"], ["migrate"], ["budget", "status"]] {
            let ending = try await SluiceProcess.run(
                command, in: folder.url,
                environment: HostRun.unused.merging([
                    "SLUICE_LISTEN_PORT": "0",
                    "DATABASE_URL": server.url(database: name, user: name, password: "granted nothing"),
                ]) { $1 })
            #expect(ending.status == 1 && ending.errors.split(separator: "\n").count == 1, "\(ending.errors)")
            #expect(ending.errors.contains("run deploy/postgres/roles.sql as a superuser"), "\(ending.errors)")
        }
    }

    @Test("finds a restore of rows alone, as commands that may pay do; those that read or mend go on")
    func restored() async throws {
        let (_, url) = try await database()
        let folder = try TemporaryFolder()
        // Its queues are embedded.
        try await SluiceProcess.beginLedger(in: folder.url)
        #expect(
            try await SluiceProcess.run(["migrate"], in: folder.url, environment: ["DATABASE_URL": url]).status == 0)
        var configuration = try PostgresConfiguration(url: url)
        configuration.schema = "sluice"
        let client = PostgresClient(configuration)
        try await client.run(
            PostgresStatement(
                """
                INSERT INTO journal (id, at_ms, kind, hold_id, question_id, function, ordinal, digest, provider, region,
                    model, price_from_ms, input_nano_usd_per_token, output_nano_usd_per_token, spent_nano_usd,
                    held_nano_usd) VALUES (7, 1, 'reserve', 7, 'q', 'f', 0, 'd', 'p', 'r', 'm', 0, 1, 1, 0, 0)
                """))
        for command in [
            ["host"], ["budget", "verify"], ["ask", "Can I return a phone?"],
            ["invoke", "llm-connector", "--payload", "{}"],
        ] {
            let ending = try await SluiceProcess.run(
                command, in: folder.url,
                environment: HostRun.unused.merging(["SLUICE_LISTEN_PORT": "0", "DATABASE_URL": url]) { $1 })
            #expect(ending.status == 1)
            let text = ending.output + ending.errors
            #expect(text.contains("ledger_head ends at entry 0 and the journal at 7"), "\(command) \(text)")
        }
        for command in [
            ["budget", "status"], ["budget", "export"], ["history", "export"], ["dead", "list"], ["migrate"],
        ] {
            let ending = try await SluiceProcess.run(command, in: folder.url, environment: ["DATABASE_URL": url])
            #expect(ending.status == 0, "\(command) \(ending.errors)")
        }
        try await client.run(PostgresStatement("DELETE FROM ledger_head"))
        await client.close()
        for command in [["budget", "status"], ["ask", "--stand-in", "Can I return a phone?"]] {
            let ending = try await SluiceProcess.run(command, in: folder.url, environment: ["DATABASE_URL": url])
            #expect(ending.status == 1)
            #expect(
                ending.errors.contains("ledger_head has no row, as after a restore of a part: restore the whole "),
                "\(command) \(ending.errors)")
        }
    }
}
