import Answers
import BedrockStandIn
import Foundation
import FunctionKit
import History
import PostgresTestServer
import RabbitMQServer
import TestSupport
import Testing

@Suite("Whoever waits is not left waiting", .timeLimit(.minutes(3)))
struct WaitTests {
    private static let question = "The shop refuses to repair my faulty phone."
    private static let event =
        "@" + SluiceProcess.repository + "/functions/llm-connector/events/passages.json"
    /// A start, and an end whose call is settled: a debug build on a busy machine.
    private static let overshootMax = Duration.milliseconds(1500)

    private static func timed(
        _ arguments: [String], in folder: URL, environment: [String: String]
    ) async throws -> (ending: SluiceProcess.Ending, took: Duration) {
        let start = ContinuousClock.now
        let ending = try await SluiceProcess.run(arguments, in: folder, environment: environment)
        return (ending, .now - start)
    }

    @Test("ask ends with its wait though a call is under way, which is charged; the question stays accepted")
    func ask() async throws {
        try await HostWorld.run { world in
            try await ModelServer.run(latency: .seconds(60)) { model in
                let (ending, took) = try await Self.timed(
                    ["ask", "--wait", "2", Self.question], in: world.folder, environment: model.environment)
                #expect(took < .seconds(2) + Self.overshootMax, "\(took)")
                #expect(ending.status == 1 && ending.output.isEmpty)
                let last = ending.errors.split(separator: "\n").last ?? ""
                #expect(
                    last.contains("was not answered within 2 s: model-unavailable (no answer in time);"), "\(last)")
                let id = String(try #require(last.split(separator: " ").dropFirst(2).first))
                #expect(try await world.history.run(id: id)?.state.isFinal == false)
                #expect(model.received.count == 1)
                let money = try await world.money()
                #expect(money.held == 0 && money.spent > 0)
                model.hurryUp()
                let host = try await HostRun.start(in: world.folder, environment: model.environment)
                let record = try await world.history.outcome(of: id)
                #expect(record.state == .done && record.answer?.isDegraded == false)
                #expect(await host.end() == 0)
                #expect(model.received.count == 2)
                #expect(try await world.isSound())
            }
        }
    }

    @Test("a short wait is enough for a model that answers at once", arguments: ["ask", "invoke"])
    func short(command: String) async throws {
        let folder = try TemporaryFolder()
        try await ModelServer.run { model in
            let rest = command == "ask" ? [Self.question] : ["llm-connector", "--payload", Self.event]
            let ending = try await SluiceProcess.run(
                [command, "--wait", "3"] + rest, in: folder.url, environment: model.environment)
            #expect(ending.status == 0 && !ending.output.isEmpty, "\(ending.errors)")
        }
    }

    @Test("invoke ends with its wait, and says that nobody does it again")
    func invoke() async throws {
        let folder = try TemporaryFolder()
        try await ModelServer.run(latency: .seconds(60)) { model in
            let (ending, took) = try await Self.timed(
                ["invoke", "llm-connector", "--wait", "2", "--payload", Self.event], in: folder.url,
                environment: model.environment)
            #expect(took < .seconds(2) + Self.overshootMax, "\(took)")
            #expect(ending.status == 1 && ending.output.isEmpty)
            #expect(
                ending.errors.hasSuffix(
                    "`llm-connector` failed: it did not end within 2 s; the call to the model was cut off and is charged"
                        + " in full; nothing was kept: wait longer with --wait\n"),
                "\(ending.errors)")
            model.next(1, .fail)
            let failed = try await SluiceProcess.run(
                ["invoke", "llm-connector", "--payload", Self.event], in: folder.url, environment: model.environment)
            #expect(failed.status == 1)
            #expect(failed.errors.hasSuffix("; nothing was kept: run it again\n"), "\(failed.errors)")
            #expect(!failed.errors.contains("asked again later"))
        }
    }

    @Test("ask ends with its wait though the database stands still, and says so")
    func frozen() async throws {
        let broker = try await RabbitMQServer.shared()
        let database = try await PostgresTestServer()
        try await HostWorld.run(
            onRabbitMQ: broker.url(vhost: try await broker.newVhost()), database: .postgres(database),
            manifest: HostWorld.manifest(concurrency: 1)
        ) { world in
            try await ModelServer.run(latency: .seconds(60)) { model in
                let start = ContinuousClock.now
                let asking = try SluiceProcess(
                    ["ask", "--wait", "8", "--manifest", "m.yaml", Self.question], in: world.folder,
                    environment: model.environment.merging(world.environment) { $1 })
                // Nothing tells when it is noted.
                while try await world.history.counts().isEmpty {}
                database.freeze(true)
                let status = await asking.status()
                let took = ContinuousClock.now - start
                database.freeze(false)
                #expect(status == 1)
                #expect(took < .seconds(8) + Self.overshootMax, "\(took)")
                #expect(asking.errors.contains("was not answered within 8 s"), "\(asking.errors)")
                #expect(asking.errors.contains("it stays accepted"), "\(asking.errors)")
            }
        }
        await database.stop()
    }

    @Test("ask waits no longer than told for a database that is away at the start")
    func away() async throws {
        let folder = try TemporaryFolder()
        let (ending, took) = try await Self.timed(
            ["ask", "--wait", "2", Self.question], in: folder.url,
            environment: HostRun.unused.merging(["DATABASE_URL": "postgres://u:p@127.0.0.1:1/x"]) { $1 })
        #expect(ending.status == 1 && ending.errors.contains("Connection refused"), "\(ending.errors)")
        #expect(took < .seconds(2) + Self.overshootMax, "\(took)")
    }

    @Test("emulate --ask says why its question was not answered")
    func emulate() async throws {
        let folder = try TemporaryFolder()
        let budgets = try AskTests.budgets(
            in: folder.url, replacing: [("exhausted: answer-without-model", "exhausted: reject")])
        try await BudgetTests.lower("0.001", budgets, in: folder.url)
        let process = try SluiceProcess(
            ["emulate", "--port", "0", "--budgets", budgets, "--ask", Self.question], in: folder.url)
        #expect(await process.line(with: "End with Ctrl-C.") != nil)
        process.signal(SIGTERM)
        #expect(await process.status() == 0)
        #expect(process.errors.contains("the budget `daily` has no room for a call"), "\(process.errors)")
    }
}
