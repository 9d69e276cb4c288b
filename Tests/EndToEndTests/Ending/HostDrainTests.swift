import Answers
import Foundation
import FunctionKit
import History
import Testing

@Suite("sluice host drains", .serialized, .timeLimit(.minutes(5)))
struct HostDrainTests {
    private static let ids = (1...20).map { "q\($0)" }

    /// Starts a host on twenty questions, and waits until all twenty calls are with the model.
    private func startTwenty(
        _ world: HostWorld, _ model: ModelServer, drainSeconds: String
    ) async throws -> HostRun {
        let host = try await HostRun.start(
            in: world.folder, ["--manifest", "m.yaml"],
            environment: model.environment.merging(world.environment) { $1 }
                .merging(["SLUICE_DRAIN_SECONDS": drainSeconds]) { $1 })
        try await world.ask(Self.ids)
        await model.calls(20)
        return host
    }

    /// Runs another host until all twenty are answered; returns what the answers cost.
    private func finish(_ world: HostWorld, _ model: ModelServer) async throws -> Int64 {
        let host = try await HostRun.start(
            in: world.folder, ["--manifest", "m.yaml"],
            environment: model.environment.merging(world.environment) { $1 })
        var cost: Int64 = 0
        for id in Self.ids {
            let record = try await world.history.outcome(of: id)
            #expect(record.state == .done)
            cost += record.answer?.costNanoUSD ?? 0
        }
        #expect(await host.end() == 0)
        return cost
    }

    @Test(
        "with twenty calls of 5 s in flight it ends within 6 s, and none is lost or paid twice",
        arguments: HostBroker.allCases)
    func finishesCalls(kind: HostBroker) async throws {
        try await HostWorld.run(kind, manifest: HostWorld.manifest(concurrency: 20)) { world in
            try await ModelServer.run(latency: .seconds(5)) { model in
                let host = try await startTwenty(world, model, drainSeconds: "90")
                let clock = ContinuousClock.now
                host.process.signal(SIGTERM)
                _ = try await host.line("host drains")
                // From its first moment, and as long as it lasts.
                let ready = try await host.get("/readyz")
                #expect(ready.status == 503)
                #expect(ready.body.contains("\"status\":\"draining\""))
                #expect(try await host.get("/healthz").status == 200)
                #expect(try await host.get("/metrics").body.contains("host_draining 1\n"))
                let report = try await host.line("host drained")
                #expect(await host.process.status() == 0)
                #expect(.now - clock < .seconds(6))
                #expect(report["drain.finished"] as? Int == 20)
                #expect(report["drain.handed_back"] as? Int == 0)
                #expect(report["drain.reservations_released"] as? Int == 0)
                #expect((4.0...6.0).contains(report["drain.seconds"] as? Double ?? 0))

                model.hurryUp()
                let cost = try await finish(world, model)
                #expect(model.received.count == 20)
                let money = try await world.money()
                #expect(money == (cost, 0))
                #expect(try await world.isSound())
            }
        }
    }

    @Test(
        "with twenty calls of 60 s and a drain of 10 s it ends within 11 s, and each orphan is charged once",
        arguments: HostBroker.allCases)
    func cutsCalls(kind: HostBroker) async throws {
        try await HostWorld.run(kind, manifest: HostWorld.manifest(concurrency: 20)) { world in
            try await ModelServer.run(latency: .seconds(60)) { model in
                let host = try await startTwenty(world, model, drainSeconds: "10")
                let clock = ContinuousClock.now
                host.process.signal(SIGTERM)
                let report = try await host.line("host drained")
                #expect(await host.process.status() == 0)
                #expect(.now - clock < .seconds(11))
                #expect(report["drain.finished"] as? Int == 0)
                #expect(report["drain.handed_back"] as? Int == 20)

                // Charged already, or held until the next owner of the ledger sees that this one is gone.
                let orphans = try await world.money()
                #expect(orphans.spent + orphans.held > 0)
                model.hurryUp()
                let cost = try await finish(world, model)
                #expect(model.received.count == 40)
                let money = try await world.money()
                // What the host charged, and what it left held, is part of what its questions cost.
                #expect(money == (cost, 0))
                #expect(try await world.isSound())
            }
        }
    }

    @Test("a second signal cuts the drain short, with the same guarantees", arguments: HostBroker.allCases)
    func secondSignal(kind: HostBroker) async throws {
        try await HostWorld.run(kind, manifest: HostWorld.manifest(concurrency: 20)) { world in
            // Longer than the test may take: only a cut ends the drain.
            try await ModelServer.run(latency: .seconds(600)) { model in
                let host = try await startTwenty(world, model, drainSeconds: "600")
                host.process.signal(SIGTERM)
                _ = try await host.line("host drains")
                host.process.signal(SIGTERM)
                let report = try await host.line("host drained")
                #expect(await host.process.status() == 0)
                #expect(report["drain.handed_back"] as? Int == 20)
                #expect(try await world.money() != (0, 0))
                model.hurryUp()
                let cost = try await finish(world, model)
                let money = try await world.money()
                // What the host charged, and what it left held, is part of what its questions cost.
                #expect(money == (cost, 0))
            }
        }
    }

    @Test(
        "two hosts share the work, and stopping one loses nothing; the limit holds over both",
        arguments: HostBroker.allCases)
    func twoHosts(kind: HostBroker) async throws {
        try await HostWorld.run(kind, manifest: HostWorld.manifest(concurrency: 4)) { world in
            try await ModelServer.run(latency: .milliseconds(200)) { model in
                let environment = model.environment.merging(world.environment) { $1 }
                let first = try await HostRun.start(
                    in: world.folder, ["--manifest", "m.yaml"], environment: environment)
                let second = try await HostRun.start(
                    in: world.folder, ["--manifest", "m.yaml"], environment: environment)
                let ids = (1...40).map { "q\($0)" }
                try await world.ask(ids)
                // In the middle of the work, of which both have some.
                await model.calls(12)
                first.process.signal(SIGTERM)
                let report = try await first.line("host drained")
                #expect(await first.process.status() == 0)
                #expect(report["drain.finished"] as? Int ?? 0 >= 1)
                var cost: Int64 = 0
                for id in ids {
                    let record = try await world.history.outcome(of: id)
                    #expect(record.state == .done)
                    cost += record.answer?.costNanoUSD ?? 0
                }
                #expect(await second.end() == 0)
                let money = try await world.money()
                #expect(money == (cost, 0))
                #expect(money.spent <= 500_000_000)
                #expect(try await world.isSound())
            }
        }
    }

    @Test("while it drains it starts no call that may outlast the drain, and gives the question back")
    func startsNothing() async throws {
        // The limit has room for one call, so that four questions wait for its money.
        try await HostWorld.run(manifest: HostWorld.manifest(concurrency: 5)) { world in
            try world.writeBudgets(limit: "0.03")
            try await ModelServer.run(latency: .seconds(3)) { model in
                // The drain is shorter than a call may take.
                let host = try await HostRun.start(
                    in: world.folder, ["--manifest", "m.yaml", "--budgets", "b"],
                    environment: model.environment.merging(["SLUICE_DRAIN_SECONDS": "60"]) { $1 })
                try await world.ask((1...5).map { "q\($0)" })
                await model.calls(1)
                let all = "host_deliveries_in_flight{function=\"llm-connector\"} 5\n"
                while try await !host.get("/metrics").body.contains(all) { await Task.yield() }
                host.process.signal(SIGTERM)
                let report = try await host.line("host drained")
                #expect(await host.process.status() == 0)
                #expect(report["drain.finished"] as? Int == 1)
                #expect(report["drain.handed_back"] as? Int == 4)
                #expect(model.received.count == 1)
                // Nobody is answered without the model because money was held while the host ended.
                #expect(try await world.history.counts().isEmpty)
                #expect(report["drain.seconds"] as? Double ?? 60 < 10)
            }
        }
    }
}
