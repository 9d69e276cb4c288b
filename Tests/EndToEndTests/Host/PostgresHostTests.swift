import Answers
import Foundation
import FunctionKit
import History
import Postgres
import PostgresTestServer
import RabbitMQServer
import TestSupport
import Testing

@Suite("sluice with DATABASE_URL", .timeLimit(.minutes(10)))
struct PostgresHostTests {
    private struct Money: Decodable {
        let kind, held_usd, spent_usd: String
    }

    /// A world whose hosts write nothing to their own disk.
    private func run(concurrency: Int, _ body: (HostWorld) async throws -> Void) async throws {
        let broker = try await RabbitMQServer.shared()
        try await HostWorld.run(
            onRabbitMQ: broker.url(vhost: try await broker.newVhost()),
            database: .postgres(try await PostgresTestServer.shared()),
            manifest: HostWorld.manifest(concurrency: concurrency), body)
    }

    @Test("hosts answer, pay and report without a file of their own, and every command reads the same books")
    func wholeWay() async throws {
        try await run(concurrency: 4) { world in
            try await ModelServer.run { model in
                let own = try TemporaryFolder()
                try FileManager.default.copyItem(
                    at: world.folder.appending(path: "m.yaml"), to: own.url.appending(path: "m.yaml"))
                let host = try await HostRun.start(
                    in: own.url, ["--manifest", "m.yaml"],
                    environment: model.environment.merging(world.environment) { $1 })
                let id = try await Asker(world).ask("My phone is broken. Can I return it?")
                let record = try await world.history.outcome(of: id)
                let answer = try #require(record.answer)
                #expect(!answer.isDegraded && answer.costNanoUSD > 0 && !answer.passages.isEmpty)
                #expect(Set(answer.citations.map(\.id)).isSubset(of: answer.passages.map(\.id)))
                #expect(try await host.get("/readyz").status == 200)
                #expect(await host.end() == 0)
                #expect(own.url.dataFiles.isEmpty)

                #expect(try await world.money().spent == answer.costNanoUSD)
                #expect(try await world.isSound())
                let report = try await world.sluice(["budget", "report", "--by", "model", "--format", "csv"])
                #expect(report.status == 0 && report.output.contains("meta.llama3-70b-instruct-v1:0"))
                for command in [["status"], ["report"], ["forecast"], ["export"], ["verify"]] {
                    let ending = try await world.sluice(["budget"] + command)
                    #expect(ending.status == 0, "\(command) \(ending.errors)")
                }
                let raise = try await world.sluice([
                    "budget", "raise", "daily", "--to", "0.75", "--until",
                    Date(timeIntervalSinceNow: 3600).formatted(.iso8601), "--reason", "a test",
                ])
                #expect(raise.status == 0, "\(raise.errors)")
                #expect(try await world.sluice(["queues", "--manifest", "m.yaml"]).status == 0)
                let export = try await world.sluice(["history", "export"])
                #expect(export.output.split(separator: "\n").count == 1 && export.output.contains("\"id\":\"\(id)\""))
            }
        }
    }

    @Test("four hosts race for the last of $0.50 with 1,000 questions: not a nano-dollar too much, and no room left")
    func race() async throws {
        try await run(concurrency: 25) { world in
            try await ModelServer.run(latency: .milliseconds(100)) { model in
                let environment = model.environment.merging(world.environment) { $1 }
                var hosts: [HostRun] = []
                for _ in 0..<4 {
                    hosts.append(
                        try await HostRun.start(
                            in: world.folder, ["--manifest", "m.yaml"], environment: environment))
                }
                let ids = (0..<1000).map { "q\($0)" }
                try await world.ask(ids)
                for id in ids { #expect(try await world.history.outcome(of: id).state == .done) }
                for host in hosts { #expect(await host.end() == 0) }
                let export = try await world.sluice(["budget", "export"]).output
                let calls = try PaidCalls(export: export, model: model)
                try calls.check()
                let entries = try export.split(separator: "\n").filter { $0.contains("\"held_usd\":") }.map {
                    try JSONDecoder().decode(Money.self, from: Data($0.utf8))
                }
                let bound = try #require(
                    entries.filter { $0.kind == "reserve" }.compactMap { nanoUSD($0.held_usd) }.max())
                let left = 500_000_000 - calls.spent
                #expect(left >= 0 && left < bound, "\(left) of a bound of \(bound) left")
                #expect(calls.count("settle") == model.received.count && calls.count("orphan") == 0)
                #expect(try await world.isSound())
            }
        }
    }

    /// A pipeline whose functions have few attempts and little time for them.
    private static let hasty = """
        pipeline: test
        first: pii-filter
        functions:
          pii-filter: {next: rag-core, redacts: true}
          rag-core: {next: llm-connector}
          llm-connector:
            next: psql-worker
            attempts: 2
            backoff: {first: 100ms, factor: 1, longest: 100ms}
            timeout: 3s
            model: {provider: bedrock, region: ap-south-1, id: "meta.llama3-70b-instruct-v1:0", timeout: 1s}
          psql-worker: {timeout: 2s, attempts: 2, backoff: {first: 100ms, factor: 1, longest: 100ms}}

        """

    @Test(
        "A database that is away for longer than all attempts are costs no question and no answer",
        arguments: [true, false])
    func outage(isKilled: Bool) async throws {
        let broker = try await RabbitMQServer.shared()
        let database = try await PostgresTestServer()
        try await HostWorld.run(
            onRabbitMQ: broker.url(vhost: try await broker.newVhost()), database: .postgres(database),
            manifest: Self.hasty
        ) { world in
            try await ModelServer.run { model in
                let host = try await HostRun.start(
                    in: world.folder, ["--manifest", "m.yaml"],
                    environment: model.environment.merging(world.environment) { $1 }.merging([
                        "SLUICE_LOG_LEVEL": "debug"
                    ]) { $1 })
                if isKilled { await database.kill() } else { database.freeze(true) }
                let answer = try String(
                    contentsOfFile: SluiceProcess.repository + "/functions/psql-worker/events/answer.json",
                    encoding: .utf8)
                try await world.send("answer", body: answer, to: "sluice.psql-worker")
                try await world.ask(["question"])
                // More often than either has attempts.
                var waited = ["answer": 0, "question": 0]
                while waited.values.contains(where: { $0 < 3 }) {
                    let line = try await host.line("delivery concluded")
                    guard line["delivery.outcome"] as? String == "trouble", let id = line["question.id"] as? String
                    else {
                        continue
                    }
                    waited[id, default: 0] += 1
                }
                if isKilled { try await database.start() } else { database.freeze(false) }
                for id in ["answer", "question"] {
                    #expect(try await world.history.outcome(of: id).state == .done)
                }
                #expect(await host.end() == 0)
                #expect(model.received.count == 1)
                let dead = try await world.sluice(["dead", "list", "--manifest", "m.yaml"])
                #expect(dead.status == 0 && !dead.output.contains("question"), "\(dead.output)\(dead.errors)")
                #expect(try await world.isSound())
            }
        }
        await database.stop()
    }

    @Test(
        "A database that cannot be used stops the start with one line, and without its password",
        arguments: [
            ("wrong password", "the password is wrong, SQLSTATE 28P01"),
            ("wrong database", "there is no such database; create it or name another, SQLSTATE 3D000"),
            ("no server", "Connection refused"),
            (
                "no migrations",
                "which role sluice_host may not make; run `sluice migrate` with the owner's DATABASE_URL"
            ),
            ("newer", "was used by a newer sluice (it has spending.99); use that one"),
        ])
    func refused(what: String, says: String) async throws {
        let server = try await PostgresTestServer.shared()
        let name = "refused_\(UUID().uuidString.prefix(8).lowercased())"
        let (owner, host) = try await server.makeDatabaseWithRoles(name)
        var url = server.url(host)
        switch what {
        case "wrong password": url = server.url(database: name, user: "sluice_host", password: "HIDDEN")
        case "wrong database":
            url = server.url(
                database: "HIDDEN".lowercased() + "_not", user: "sluice_host", password: host.password ?? "")
        case "no server": url = "postgres://u:HIDDEN@127.0.0.1:1/x"
        case "newer":
            let client = PostgresClient(owner)
            try await client.run(PostgresStatement("CREATE TABLE migrations (identifier text PRIMARY KEY)"))
            try await client.run(PostgresStatement("INSERT INTO migrations VALUES ('spending.99')"))
            await client.close()
        default: break
        }
        let folder = try TemporaryFolder()
        let secret = folder.url.appending(path: "url")
        try Data("\(url)\n".utf8).write(to: secret)
        for command in [["host"], ["budget", "status"], ["history", "export"]] {
            let ending = try await SluiceProcess.run(
                command, in: folder.url,
                environment: HostRun.unused.merging([
                    "SLUICE_LISTEN_PORT": "0", "DATABASE_URL_FILE": secret.path,
                ]) { $1 })
            #expect(ending.status == 1)
            #expect(ending.errors.split(separator: "\n").count == 1, "\(ending.errors)")
            // A command would make no tables in whatever database, whether its role may or not.
            let expected =
                what == "no migrations" && command != ["host"]
                ? "there are no tables of Sluice in schema sluice of PostgreSQL at 127.0.0.1:\(server.port), database "
                    + "\(name); run `sluice migrate` with the owner's DATABASE_URL" : says
            #expect(ending.errors.hasSuffix(expected + "\n"), "\(ending.errors)")
            #expect(!(ending.output + ending.errors).contains("HIDDEN"))
        }
    }

    @Test("migrate says what it would do, does it once, and has nothing to do then")
    func migrate() async throws {
        let server = try await PostgresTestServer.shared()
        let (owner, _) = try await server.makeDatabaseWithRoles("migrate_\(UUID().uuidString.prefix(8).lowercased())")
        let folder = try TemporaryFolder()
        func migrate(_ options: String...) async throws -> SluiceProcess.Ending {
            try await SluiceProcess.run(
                ["migrate"] + options, in: folder.url, environment: ["DATABASE_URL": server.url(owner)])
        }
        let plan = try await migrate("--dry-run", "--format", "csv").output.split { $0.isNewline }
        #expect(plan.prefix(2) == ["step,state", "spending.1,to be done"] && plan.contains("history.1,to be done"))
        let steps = plan.dropFirst().map { $0.prefix { $0 != "," } }
        #expect(try await migrate("--dry-run").output.contains("spending.1"))
        let done = try await migrate().output
        #expect(done.hasPrefix("\(steps.count) steps done\n") && steps.allSatisfy { done.contains($0) }, "\(done)")
        #expect(try await migrate().output == "The tables are up to date")
        let json = try await migrate("--format", "json").output
        #expect(json.contains("\"steps\""))
        let none = try await SluiceProcess.run(["migrate"], in: folder.url)
        #expect(none.status == 1 && none.errors.contains("DATABASE_URL is not set"))
    }
}
