import Answers
import ECSStandIn
import Foundation
import FunctionKit
import History
import Messaging
import TestSupport
import Testing

@Suite("sluice host", .timeLimit(.minutes(3)))
struct HostTests {
    @Test("answers questions, and tells of itself in JSON lines and metrics")
    func answers() async throws {
        try await HostWorld.run { world in
            try await ModelServer.run { model in
                let host = try await HostRun.start(
                    in: world.folder, environment: model.environment.merging(["SLUICE_LOG_LEVEL": "debug"]) { $1 })
                let ready = try await host.get("/readyz")
                #expect(ready.status == 200)
                let parts = ["broker", "clock", "history", "index", "ledger", "status"].map { #""\#($0)":"ready""# }
                #expect(ready.body == "{\(parts.joined(separator: ","))}")
                try await world.send("q1", body: #"{"question":"My phone is faulty. Call 9876543210"}"#)
                #expect(try await world.history.outcome(of: "q1").state == .done)
                let page = try await host.get("/metrics")
                #expect(page.type == "text/plain; version=0.0.4; charset=utf-8")
                let samples = try PrometheusParser.samples(page.body)
                for function in ["pii-filter", "rag-core", "llm-connector"] {
                    #expect(samples["host_deliveries_total{function=\(function),outcome=output}"] == 1)
                    #expect(
                        samples["host_invocation_duration_seconds_count{function=\(function),outcome=output}"] == 1)
                    #expect(samples["host_deliveries_in_flight{function=\(function)}"] == 0)
                    #expect(samples["host_queue_messages{function=\(function),queue=waiting}"] == 0)
                }
                let asked = "model=meta.llama3-70b-instruct-v1:0,outcome=answered"
                #expect(samples["bedrock_call_duration_seconds_count{\(asked)}"] == 1)
                #expect(samples["bedrock_calls_in_flight"] == 0)
                let money = try await world.money()
                #expect(money.spent > 0)
                #expect(samples["spending_spent_nano_usd{budget=daily}"] == Double(money.spent))
                #expect(samples["spending_held_nano_usd{budget=daily}"] == 0)
                #expect(samples["spending_limit_nano_usd{budget=daily}"] == 500_000_000)
                #expect(samples["broker_ready"] == 1 && samples["ledger_ready"] == 1 && samples["index_ready"] == 1)
                #expect(samples["process_resident_memory_bytes"] ?? 0 > 1_000_000)
                host.process.signal(SIGTERM)
                let lines = try await host.rest()
                #expect(await host.process.status() == 0)
                #expect(lines.contains { $0["question.id"] as? String == "q1" })
                for line in lines {
                    #expect((line["time"] as? String)?.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil)
                    #expect(["debug", "info", "notice", "warning"].contains(line["level"] as? String ?? ""))
                    #expect(!"\(line)".contains("9876543210"))
                }
                #expect(host.process.errors.isEmpty)
            }
        }
    }

    @Test("takes questions over HTTP, and none once it drains", arguments: HostBroker.allCases)
    func door(broker: HostBroker) async throws {
        try await HostWorld.run(broker) { world in
            try await ModelServer.run(latency: .seconds(3)) { model in
                let host = try await HostRun.start(
                    in: world.folder, environment: model.environment.merging(world.environment) { $1 })
                let question = #"{"question":"My phone is faulty. Call 9876543210"}"#
                let accepted = try await host.get("/v1/questions", post: question)
                #expect(accepted.status == 202)
                let reply = try JSONDecoder().decode([String: String].self, from: Data(accepted.body.utf8))
                let id = try #require(reply["id"])
                let shown = try await host.get("/v1/questions/\(id)?wait=30")
                #expect(shown.status == 200 && shown.body.contains("Call [PHONE_1]"))
                _ = try await host.get("/v1/questions", post: #"{"question":"My fridge is faulty."}"#)
                await model.calls(2)
                host.process.signal(SIGTERM)
                _ = try await host.line("host drains")
                #expect(try await host.get("/v1/questions", post: question).status == 503)
                #expect(await host.process.status() == 0)
                // The second one is answered, or on its way to the next host.
                #expect(try await world.history.counts().values.reduce(0, +) == 2)
            }
        }
    }

    @Test("makes no series of ids and tenants, however many come")
    func closedSets() async throws {
        try await HostWorld.run { world in
            try await ModelServer.run { model in
                let host = try await HostRun.start(in: world.folder, environment: model.environment)
                func series() async throws -> Set<String> {
                    Set(try PrometheusParser.samples(try await host.get("/metrics").body).keys)
                }
                for number in 0..<4 {
                    try await world.ask(["first-\(number)"], headers: ["sluice-tenant": "tenant-\(number)"])
                }
                for number in 0..<4 { _ = try await world.history.outcome(of: "first-\(number)") }
                let before = try await series()
                for number in 0..<40 {
                    try await world.ask(["flood-\(number)"], headers: ["sluice-tenant": "flood-\(number)"])
                }
                for number in 0..<40 { _ = try await world.history.outcome(of: "flood-\(number)") }
                let after = try await series()
                #expect(after.allSatisfy { !$0.contains("flood") && !$0.contains("tenant") })
                // An outcome that did not come up before may be new; it is one of a closed set.
                #expect(after.subtracting(before).allSatisfy { $0.contains("outcome=") })
                #expect(await host.end() == 0)
            }
        }
    }

    @Test("writes metrics to its log as CloudWatch takes them, also after the drain")
    func embeddedMetrics() async throws {
        try await HostWorld.run { world in
            try await ModelServer.run { model in
                let host = try await HostRun.start(
                    in: world.folder,
                    environment: model.environment.merging([
                        "SLUICE_METRIC_FORMAT": "emf", "SLUICE_METRIC_SECONDS": "1", "SLUICE_METRIC_NAMESPACE": "Shop",
                    ]) { $1 })
                try await world.ask(["q1"])
                _ = try await world.history.outcome(of: "q1")
                host.process.signal(SIGTERM)
                let documents = try await host.rest().filter { $0["_aws"] != nil }
                #expect(await host.process.status() == 0)
                for document in documents { #expect(EMFRules.broken(by: document).isEmpty) }
                let calls = documents.flatMap { $0["bedrock.call.duration"] as? [Double] ?? [] }
                #expect(calls.count == 1)
                let deliveries = documents.filter { $0["function"] as? String == "llm-connector" }
                    .compactMap { $0["host.deliveries"] as? Int }
                #expect(deliveries == [1])
                #expect(documents.contains { $0["host.drain.duration"] is Double })
            }
        }
    }

    @Test("names the task and its zone in each line, and keeps it protected while it pays")
    func onECS() async throws {
        let (requests, feed) = AsyncStream.makeStream(of: ECSStandIn.ProtectionRequest.self)
        let agent = ECSStandIn(onRequest: { feed.yield($0) })
        // The protection must not hold up the call: the first request for it is not even answered.
        agent.faults = [.stall]
        try await withECS(agent) { ecs in
            try await HostWorld.run { world in
                try await ModelServer.run(latency: .seconds(2)) { model in
                    let host = try await HostRun.start(
                        in: world.folder, environment: model.environment.merging(ecs) { $1 })
                    try await world.ask(["q1"])
                    var requested = requests.makeAsyncIterator()
                    #expect(await requested.next()?.isEnabled == true)
                    #expect(try await world.history.outcome(of: "q1").state == .done)
                    #expect(agent.requests.count == 1)
                    host.process.signal(SIGTERM)
                    let lines = try await host.rest()
                    #expect(await host.process.status() == 0)
                    #expect(!lines.isEmpty)
                    for line in lines {
                        #expect(line["task.id"] as? String == agent.taskID)
                        #expect(line["task.zone"] as? String == "ap-south-1a")
                    }
                    // Removed at the end: what was asked for in vain may have come into force.
                    #expect(agent.requests.last?.isEnabled == false)
                }
            }
        }
    }

    @Test("does without ECS where its endpoints do not answer")
    func withoutECS() async throws {
        try await HostWorld.run { world in
            let host = try await HostRun.start(
                in: world.folder,
                environment: HostRun.unused.merging([
                    "ECS_CONTAINER_METADATA_URI_V4": "http://127.0.0.1:1/v4/x",
                    "ECS_AGENT_URI": "http://127.0.0.1:1/api/x",
                ]) { $1 })
            #expect(try await host.get("/readyz").status == 200)
            #expect(await host.end() == 0)
        }
    }

    private func withECS(_ agent: ECSStandIn, _ body: ([String: String]) async throws -> Void) async throws {
        let (addresses, ready) = AsyncStream.makeStream(of: [String: String].self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try? await agent.run { ready.yield($0) } }
            for await environment in addresses {
                try await body(environment)
                break
            }
            group.cancelAll()
        }
    }

    @Test("runs some functions only, and shares the queues with hosts that run the others")
    func shares() async throws {
        try await HostWorld.run { world in
            try await ModelServer.run { model in
                // Without the model's keys: it asks no model.
                let first = try await HostRun.start(
                    in: world.folder, ["--functions", "pii-filter,rag-core"],
                    environment: ["AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""])
                try await world.ask(["q1"])
                let second = try await HostRun.start(
                    in: world.folder, ["--functions", "llm-connector,psql-worker"], environment: model.environment)
                #expect(try await world.history.outcome(of: "q1").state == .done)
                let samples = try PrometheusParser.samples(try await second.get("/metrics").body)
                #expect(samples["host_deliveries_total{function=llm-connector,outcome=output}"] == 1)
                #expect(samples["host_deliveries_total{function=rag-core,outcome=output}"] == nil)
                #expect(await first.end() == 0)
                #expect(await second.end() == 0)
            }
        }
    }

    @Test("killed in the middle of calls, the next host runs what it held alone, and answers")
    func killed() async throws {
        try await HostWorld.run { world in
            try await ModelServer.run(latency: .seconds(600)) { model in
                let ids = ["q1", "q2", "q3"]
                let host = try await HostRun.start(in: world.folder, environment: model.environment)
                try await world.ask(ids)
                await model.calls(3)
                #expect(await host.end(SIGKILL) == -SIGKILL)
                model.hurryUp()
                let next = try await HostRun.start(in: world.folder, environment: model.environment)
                for id in ids { #expect(try await world.history.outcome(of: id).state == .done) }
                next.process.signal(SIGTERM)
                let alone = try await next.rest().filter { $0["message"] as? String == "delivered before; runs alone" }
                #expect(Set(alone.compactMap { $0["question.id"] as? String }) == Set(ids))
                #expect(await next.process.status() == 0)
                // Three in doubt, charged in full, and three answers.
                #expect(model.received.count == 6)
                #expect(try await world.isSound())
                #expect(try await world.money().held == 0)
            }
        }
    }

    @Test("killed twice with one call under way, the third answers without the model, and says what both cost")
    func killedTwice() async throws {
        try await HostWorld.run { world in
            try await ModelServer.run(latency: .seconds(600)) { model in
                for round in 1...2 {
                    let host = try await HostRun.start(in: world.folder, environment: model.environment)
                    if round == 1 { try await world.ask(["q"]) }
                    await model.calls(1)
                    #expect(await host.end(SIGKILL) == -SIGKILL)
                }
                let third = try await HostRun.start(in: world.folder, environment: model.environment)
                let record = try await world.history.outcome(of: "q")
                #expect(record.state == .done && record.answer?.isDegraded == true)
                #expect(model.received.count == 2)
                let money = try await world.money()
                #expect(money == (record.answer?.costNanoUSD ?? 0, 0) && money.spent > 0)
                let said = try AnswerJSON(try await third.get("/v1/questions/q").body)
                #expect(said.degraded && nanoUSD(said.cost_usd) == money.spent)
                #expect(await third.end() == 0)
                #expect(try await world.isSound())
            }
        }
    }

    @Test(
        "cannot start with settings that cannot be used, says so in one line, and prints no secret",
        arguments: [
            (
                ["SLUICE_BROKER_URL": "amqp://u:HIDDEN@127.0.0.1:9"], Int32(1),
                "RabbitMQ cannot be reached at 127.0.0.1:9"
            ),
            (["SLUICE_BROKER_URL": "redis://u:HIDDEN@h"], 1, "SLUICE_BROKER_URL is no broker's address"),
            (["DATABASE_URL": "postgres://u:HIDDEN@h"], 1, "DATABASE_URL must name user, host and database"),
            (["SLUICE_LISTEN_PORT": "x"], 1, "SLUICE_LISTEN_PORT is `x`; write a port from 0 to 65535"),
            (["SLUICE_DRAIN_SECOND": "1"], 1, "did you mean SLUICE_DRAIN_SECONDS?"),
            (["AWS_SECRET_ACCESS_KEY": ""], 1, "set AWS_SECRET_ACCESS_KEY"),
            (
                ["SLUICE_LISTEN_ADDRESS": "203.0.113.1"], 1,
                "cannot listen on 203.0.113.1, which is no address of this machine; name one of this machine's in"
                    + " SLUICE_LISTEN_ADDRESS"
            ),
            (["SLUICE_LISTEN_ADDRESS": "fe80::1"], 1, "cannot listen on fe80::1, which"),
            (["SLUICE_LISTEN_ADDRESS": "*"], 1, "SLUICE_LISTEN_ADDRESS is `*`; write 0.0.0.0"),
            (["SLUICE_BEDROCK_ENDPOINT": "http://::1:9"], 1, "SLUICE_BEDROCK_ENDPOINT is no address that can be asked"),
            // No name, so that nobody is asked for it.
            (["SLUICE_LISTEN_ADDRESS": "a..b"], 1, "cannot listen on `a..b`, which is no address"),
        ] as [([String: String], Int32, String)])
    func refused(environment: [String: String], status: Int32, says: String) async throws {
        let folder = try TemporaryFolder()
        let ending = try await SluiceProcess.run(
            ["host"], in: folder.url,
            environment: HostRun.unused.merging(["SLUICE_LISTEN_PORT": "0"]) { $1 }.merging(environment) { $1 })
        #expect(ending.status == status)
        #expect(ending.errors.split(separator: "\n").count == 1, "\(ending.errors)")
        #expect(ending.errors.contains(says), "\(ending.errors)")
        #expect(!(ending.output + ending.errors).contains("HIDDEN"))
    }

    @Test("refuses functions that the manifest does not have")
    func unknownFunction() async throws {
        let folder = try TemporaryFolder()
        let ending = try await SluiceProcess.run(
            ["host", "--functions", "rag-cor"], in: folder.url, environment: HostRun.unused)
        #expect(ending.status == 2)
        #expect(ending.errors == "sluice: there is no function `rag-cor`; did you mean `rag-core`?\n")
    }
}
