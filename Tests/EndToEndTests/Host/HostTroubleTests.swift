import Answers
import BedrockStandIn
import Foundation
import FunctionKit
import History
import TestSupport
import Testing

@Suite("The host's own trouble, end to end", .timeLimit(.minutes(3)))
struct HostTroubleEndToEndTests {
    @Test("a host with wrong keys beside a healthy one eats no question", arguments: HostBroker.allCases)
    func badNeighbour(broker: HostBroker) async throws {
        try await HostWorld.run(broker, manifest: HostWorld.manifest(concurrency: 4, attempts: 1)) { world in
            try await ModelServer.run(latency: .milliseconds(50)) { model in
                let environment = model.environment.merging(world.environment) { $1 }
                let bad = try await HostRun.start(
                    in: world.folder, ["--manifest", "m.yaml"],
                    environment: environment.merging(["AWS_SECRET_ACCESS_KEY": "another"]) { $1 })
                let ids = (0..<40).map { "q\($0)" }
                try await world.ask(Array(ids.prefix(20)))
                let begin = try await bad.line("the host is in trouble and takes no more messages but one now and then")
                #expect(begin["error"] as? String == "model-rejected (InvalidSignatureException)")
                #expect(begin["function.name"] as? String == "llm-connector")
                #expect(begin["trouble.kind"] as? String == "credentials")
                let readiness = try await bad.get("/readyz")
                #expect(readiness.status == 503)
                #expect(
                    readiness.body.contains(#""llm-connector":"model-rejected (InvalidSignatureException)""#),
                    "\(readiness.body)")
                // Who asks this host sees why the question waits, once it is noted that it came so far.
                let asked = #"{"question": "The phone I bought is faulty.", "id": "asked"}"#
                #expect(try await bad.get("/v1/questions", post: asked).status == 202)
                while try await !bad.get("/v1/questions/asked").body
                    .contains("it waits: model-rejected (InvalidSignatureException); renew or correct the keys")
                { try await Task.sleep(for: .milliseconds(20)) }
                let page = try PrometheusParser.samples(try await bad.get("/metrics").body)
                #expect(page["host_in_trouble{function=llm-connector}"] == 1)
                #expect(page["host_troubles_total{function=llm-connector,kind=credentials}"] == 1)
                let good = try await HostRun.start(
                    in: world.folder, ["--manifest", "m.yaml"], environment: environment)
                try await world.ask(Array(ids.suffix(20)))
                for id in ids + ["asked"] {
                    let record = try await world.history.outcome(of: id)
                    #expect(record.state == .done && record.answer?.isDegraded == false)
                }
                #expect(await good.end() == 0)
                bad.process.signal(SIGTERM)
                let rest = try await bad.rest()
                #expect(!rest.contains { ($0["message"] as? String)?.hasPrefix("the host is in trouble") == true })
                #expect(await bad.process.status() == 0)
                #expect(model.received.count == 41)
                #expect(try await world.isSound())
            }
        }
    }

    @Test("a model that answers nobody leaves most of the day's limit, and loses no question")
    func circuit() async throws {
        try await HostWorld.run(manifest: HostWorld.manifest(concurrency: 8)) { world in
            try await ModelServer.run { model in
                model.next(1000, .fail)
                let host = try await HostRun.start(
                    in: world.folder, ["--manifest", "m.yaml"], environment: model.environment)
                let ids = (0..<30).map { "q\($0)" }
                try await world.ask(ids)
                let begin = try await host.line(
                    "the host is in trouble and takes no more messages but one now and then")
                #expect("\(begin["error"] ?? "")".contains("InternalServerException"))
                // Three in a row open the circuit; of those that were taken at once there may be more.
                while model.received.count < 3 { try await Task.sleep(for: .milliseconds(20)) }
                while try await world.money().held > 0 { try Task.checkCancellation() }
                let calls = model.received.count
                #expect((3...8).contains(calls), "\(calls)")
                // A command of its own has learnt nothing yet, but the ledger has.
                let asked = try await SluiceProcess.run(
                    ["ask", "--wait", "1", "The shop refuses to repair my faulty phone."], in: world.folder,
                    environment: model.environment)
                #expect(asked.status == 1 && model.received.count == calls, "\(asked.errors)")
                let money = try await world.money()
                #expect(money.spent < 200_000_000 && money.held == 0)
                model.hurryUp()
                #expect(await host.end() == 0)
                let again = try await HostRun.start(
                    in: world.folder, ["--manifest", "m.yaml"], environment: model.environment)
                for id in ids { #expect(try await world.history.outcome(of: id).state == .done) }
                #expect(await again.end() == 0)
                #expect(try await world.isSound())
            }
        }
    }

    @Test("who asks is told what is wrong, and the question stays accepted")
    func ask() async throws {
        try await HostWorld.run { world in
            try await ModelServer.run { model in
                model.next(1000, .deny)
                let start = ContinuousClock.now
                let ending = try await SluiceProcess.run(
                    ["ask", "--wait", "3", "The shop refuses to repair my faulty phone."], in: world.folder,
                    environment: model.environment)
                #expect(ContinuousClock.now - start < .seconds(5))
                #expect(ending.status == 1 && ending.output.isEmpty)
                let last = ending.errors.split(separator: "\n").last ?? ""
                #expect(
                    last.contains("was not answered within 3 s: model-rejected (AccessDeniedException);"), "\(last)")
                let id = try #require(last.split(separator: " ").dropFirst(2).first)
                #expect(try await world.history.run(id: String(id))?.state.isFinal == false)
                let invoked = try await SluiceProcess.run(
                    [
                        "invoke", "llm-connector", "--payload",
                        "@" + SluiceProcess.repository + "/functions/llm-connector/events/passages.json",
                    ], in: world.folder, environment: model.environment)
                #expect(invoked.status == 1)
                #expect(
                    invoked.errors.hasSuffix(
                        "`llm-connector` failed: LanguageModelError: model-rejected (AccessDeniedException);"
                            + " give this account access to it; nothing was kept: run it again\n"), "\(invoked.errors)")
                model.hurryUp()
                // The next program on this data answers it.
                let host = try await HostRun.start(in: world.folder, environment: model.environment)
                #expect(try await world.history.outcome(of: String(id)).state == .done)
                #expect(await host.end() == 0)
            }
        }
    }

    @Test(
        "a key that no header can hold stops the start with one line",
        arguments: ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"])
    func malformedKey(variable: String) async throws {
        let folder = try TemporaryFolder()
        for value in ["KEY\n", " KEY", "K\u{e9}Y"] {
            let ending = try await SluiceProcess.run(
                ["ask", "What is a defect?"], in: folder.url,
                environment: HostRun.unused.merging([variable: value]) { $1 })
            #expect(ending.status == 1)
            #expect(ending.errors.hasPrefix("sluice: \(variable) holds a space, a line break"), "\(ending.errors)")
            #expect(ending.errors.split(separator: "\n").count == 1)
        }
    }
}
