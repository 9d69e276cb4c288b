import Answers
import BedrockStandIn
import Foundation
import FunctionHost
import FunctionKit
import History
import Messaging
import TestSupport
import Testing

@Suite("The model's stand-in answers nobody else's questions and spends nobody else's money", .timeLimit(.minutes(3)))
struct StandInRulesTests {
    private static let question = "What is a defect?"
    private static let event =
        "@" + SluiceProcess.repository + "/functions/llm-connector/events/passages.json"
    private static let broker = ["SLUICE_BROKER_URL": "amqp://u:HIDDEN@127.0.0.1:1"]
    private static let database = ["DATABASE_URL": "postgres://u:HIDDEN@127.0.0.1:1/x"]
    private static let chroma = [
        "SLUICE_CHROMA_URL": "http://127.0.0.1:1", "SLUICE_CHROMA_EMBEDDER": "amazon.titan-embed-text-v2:0",
    ]

    private static let shells: [([String], [String: String], String)] = [
        (["ask", question], broker, "SLUICE_BROKER_URL is"), (["ask", question], database, "DATABASE_URL is"),
        (["ask", question], broker.merging(database) { $1 }, "SLUICE_BROKER_URL and DATABASE_URL are"),
        (["emulate", "--port", "0"], broker, "SLUICE_BROKER_URL is"),
        (["emulate", "--port", "0"], database, "DATABASE_URL is"),
        (["invoke", "llm-connector", "--payload", event], database, "DATABASE_URL is"),
        (["ingest", "--yes", "."], chroma, "SLUICE_CHROMA_URL is"),
        (["search", question], chroma, "SLUICE_CHROMA_URL is"),
    ]

    @Test(
        "where a shell names a broker, a database or paid vectors, but no model: said at once, and nothing is opened",
        arguments: shells)
    func refused(command: [String], environment: [String: String], names: String) async throws {
        let folder = try TemporaryFolder()
        // A price for the vectors.
        let budgets = try AskTests.budgets(in: folder.url, replacing: [])
        try Data(PaidIngestTests.prices.utf8).write(to: URL(filePath: budgets + "/prices/embedding.yaml"))
        let ending = try await SluiceProcess.run(
            command + ["--budgets", budgets], in: folder.url, environment: environment)
        #expect(ending.status == 1 && ending.output.isEmpty)
        #expect(
            ending.errors.hasPrefix("sluice: SLUICE_BEDROCK_ENDPOINT is not set, and the model's stand-in answers no")
                && ending.errors.contains("for which \(names) there") && ending.errors.contains("--stand-in"),
            "\(ending.errors)")
        #expect(ending.errors.split(separator: "\n").count == 1 && !ending.errors.contains("HIDDEN"))
        #expect(folder.url.dataFiles.isEmpty)
    }

    @Test("on a shared broker, unless it is asked for by name; other people's questions wait on")
    func shared() async throws {
        try await HostWorld.run(.rabbitMQ, manifest: HostWorld.manifest(concurrency: 1)) { world in
            // Makes the queues.
            let host = try await HostRun.start(
                in: world.folder, ["--manifest", "m.yaml"],
                environment: HostRun.unused.merging(world.environment) { $1 })
            #expect(await host.end() == 0)
            try await world.ask(["others"])
            let data = ["--data", "own", "--manifest", "m.yaml"]
            let refused = try await world.sluice(["ask"] + data + [Self.question])
            #expect(refused.status == 1 && refused.errors.contains("--stand-in"), "\(refused.errors)")
            let waiting = FunctionQueues(function: "pii-filter").waiting
            #expect(try await world.broker.depth(of: waiting).total == 1)
            // What stays in memory takes nothing from a broker.
            let (process, address, line) = try await EmulatorTests().start(
                in: world.folder, ["--ephemeral", "--manifest", "m.yaml"], environment: world.environment)
            #expect(line.hasSuffix("; data kept in memory"))
            let emulator = HostRun(process: process, address: address)
            let accepted = try await emulator.get(
                "/v1/questions", post: "{\"question\": \"\(Self.question)\", \"id\": \"own\"}")
            #expect(accepted.status == 202)
            #expect(try await emulator.get("/v1/questions/own?wait=30").body.contains("\"answer\""))
            process.signal(SIGTERM)
            #expect(await process.status() == 0)
            #expect(try await world.broker.depth(of: waiting).total == 1)
            let asked = try await world.sluice(["ask", "--stand-in"] + data + [Self.question])
            #expect(asked.status == 0 && asked.output.contains("Answer\n"), "\(asked.errors)")
        }
    }

    @Test("in a folder on which a real model is asked, unless it is asked for by name")
    func folder() async throws {
        try await HostWorld.run { world in
            // Data on which nobody asked a real model are the stand-in's.
            #expect(try await world.sluice(["ask", Self.question]).status == 0)
            let spent = try await world.money().spent
            let host = try await HostRun.start(in: world.folder, environment: HostRun.unused)
            #expect(await host.end() == 0)
            try await world.ask(["waits"])
            for command in [
                ["ask", Self.question], ["emulate", "--port", "0"],
                ["invoke", "llm-connector", "--payload", Self.event],
            ] {
                let ending = try await world.sluice(command)
                #expect(
                    ending.status == 1 && ending.errors.hasPrefix("sluice: a real model is asked on .sluice, and")
                        && ending.errors.split(separator: "\n").count == 1, "\(command): \(ending.errors)")
            }
            let waiting = FunctionQueues(function: "pii-filter").waiting
            #expect(try await world.broker.depth(of: waiting).total == 1)
            #expect(try await world.money().spent == spent)
            // What makes no call is not concerned.
            #expect(
                try await world.sluice(["invoke", "pii-filter", "--payload", "{\"question\": \"Q?\"}"]).status == 0)
            // The option counts more than the environment.
            let asked = try await SluiceProcess.run(
                ["ask", "--stand-in", Self.question], in: world.folder, environment: HostRun.unused)
            #expect(asked.status == 0 && asked.output.contains("Answer\n"), "\(asked.errors)")
        }
    }

    @Test("and lets go of data on which a real model comes to be asked while it runs")
    func meets() async throws {
        try await HostWorld.run { world in
            try await ModelServer.run { model in
                let (process, address, _) = try await EmulatorTests().start(in: world.folder)
                let emulator = HostRun(process: process, address: address)
                let invoked = try await SluiceProcess.run(
                    ["invoke", "llm-connector", "--payload", Self.event], in: world.folder,
                    environment: model.environment)
                #expect(invoked.status == 0, "\(invoked.errors)")
                let spent = try await world.money().spent
                let accepted = try await emulator.get(
                    "/v1/questions", post: "{\"question\": \"\(Self.question)\", \"id\": \"q\"}")
                #expect(accepted.status == 202)
                // Nothing tells when it has met it.
                var readiness = try await emulator.get("/readyz")
                while readiness.status == 200 {
                    try await Task.sleep(for: .milliseconds(50))
                    readiness = try await emulator.get("/readyz")
                }
                #expect(readiness.body.contains("model-stand-in-refused"), "\(readiness.body)")
                #expect(try await world.money() == (spent, 0))
                let host = try await HostRun.start(in: world.folder, environment: model.environment)
                let record = try await world.history.outcome(of: "q")
                #expect(record.state == .done && record.answer?.isDegraded == false)
                #expect(model.received.count == 2)
                #expect(await host.end() == 0)
                process.signal(SIGTERM)
                #expect(await process.status() == 0)
            }
        }
    }
}
