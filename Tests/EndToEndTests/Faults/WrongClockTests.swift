import Answers
import Foundation
import FunctionKit
import History
import HistoryPostgres
import Postgres
import PostgresTestServer
import RabbitMQServer
import TestSupport
import Testing

@Suite("sluice host on a machine whose clock is wrong", .timeLimit(.minutes(2)))
struct WrongClockEndToEndTests {
    /// What hosts share.
    enum Servers: CaseIterable {
        case folder, servers

        func run(_ body: (HostWorld) async throws -> Void) async throws {
            let manifest = HostWorld.manifest(concurrency: 4, attempts: 1)
            switch self {
            case .folder: try await HostWorld.run(manifest: manifest, body)
            case .servers:
                let broker = try await RabbitMQServer.shared()
                try await HostWorld.run(
                    onRabbitMQ: broker.url(vhost: try await broker.newVhost()),
                    database: .postgres(try await PostgresTestServer.shared()), manifest: manifest, body)
            }
        }
    }

    private static let day = 86_400.0
    private static let warning = "not as it should be"
    private static let trouble = "the host is in trouble and takes no more messages but one now and then"

    @Test(
        "beside a right one: it says so, and no question is lost, buried or answered worse",
        arguments: [(Servers.folder, 600), (.servers, -600)])
    func neighbours(servers: Servers, offset: Int) async throws {
        try await servers.run { world in
            try await ModelServer.run(latency: .milliseconds(50)) { model in
                let environment = model.environment.merging(world.environment) { $1 }
                let clock = try await WrongClock.environment(secondsAhead: offset, in: world.folder)
                let wrong = try await HostRun.start(
                    in: world.folder, ["--manifest", "m.yaml"], environment: environment.merging(clock) { $1 })
                // A folder's clock is the host's own, so that only the model's answers tell.
                if servers == .servers {
                    #expect(try await wrong.line(Self.warning)["part"] as? String == "clock")
                }
                let ids = (0..<40).map { "q\($0)" }
                try await world.ask(Array(ids.prefix(20)))
                let begin = try await wrong.line(Self.trouble)
                #expect(begin["trouble.kind"] as? String == "clock")
                #expect(begin["function.name"] as? String == "llm-connector")
                try await expectClockIsTold(wrong, offset)
                let right = try await HostRun.start(
                    in: world.folder, ["--manifest", "m.yaml"], environment: environment)
                try await world.ask(Array(ids.suffix(20)))
                for id in ids {
                    let record = try await world.history.outcome(of: id)
                    #expect(record.state == .done && record.answer?.isDegraded == false, "\(record)")
                }
                #expect(await right.end() == 0)
                wrong.process.signal(SIGTERM)
                _ = try await wrong.rest()
                #expect(await wrong.process.status() == 0)
                #expect(model.received.count == ids.count)
                #expect(try await world.isSound())
            }
        }
    }

    @Test("100 days ahead: it deletes and ends nothing whose time has not come", arguments: Servers.allCases)
    func retention(servers: Servers) async throws {
        try await servers.run { world in
            try await ModelServer.run { model in
                try await finish(["old"], daysAgo: 31, in: world)
                try await finish(["a", "b", "c"], daysAgo: 0, in: world)
                let (soon, past) = (Date(timeIntervalSinceNow: 3600), Date(timeIntervalSinceNow: -60))
                try await world.history.accept(
                    id: "soon", input: Data("{}".utf8), tenant: nil, pipeline: "p", expiresAt: soon)
                try await world.history.accept(
                    id: "past", input: Data("{}".utf8), tenant: nil, pipeline: "p", expiresAt: past)
                let environment = model.environment.merging(world.environment) { $1 }
                let clock = try await WrongClock.environment(secondsAhead: 100 * Int(Self.day), in: world.folder)
                let wrong = try await HostRun.start(
                    in: world.folder, ["--manifest", "m.yaml"],
                    environment: environment.merging(clock.merging(["SLUICE_HISTORY_DAYS": "30"]) { $1 }) { $1 })
                try await world.ask(["soon"], headers: ["sluice-expires-at": soon.formatted(.iso8601)])
                #expect(try await wrong.line("questions expired")["count"] as? String == "1")
                #expect(try await wrong.line("old questions deleted")["count"] as? String == "1")
                _ = try await wrong.line(Self.trouble)
                #expect(await wrong.end() == 0)
                var counts = try await world.history.counts()
                // Whether a function has done its part by then is another matter.
                #expect((counts.removeValue(forKey: .queued) ?? 0) + (counts.removeValue(forKey: .running) ?? 0) == 1)
                #expect(counts == [.failed: 3, .expired: 1])
                let right = try await HostRun.start(
                    in: world.folder, ["--manifest", "m.yaml"],
                    environment: environment.merging(["SLUICE_HISTORY_DAYS": "30"]) { $1 })
                #expect(try await world.history.outcome(of: "soon").state == .done)
                #expect(await right.end() == 0)
                #expect(try await world.history.counts() == [.failed: 3, .expired: 1, .done: 1])
                #expect(try await world.isSound())
            }
        }
    }

    @Test("years behind its database: prices and limits are those of the database's time, and readiness tells")
    func yearsBehind() async throws {
        try await Servers.servers.run { world in
            try await ModelServer.run { model in
                let environment = model.environment.merging(world.environment) { $1 }
                let clock = try await WrongClock.environment(secondsAhead: -3 * 365 * 86_400, in: world.folder)
                let lone = "pipeline: lone\nfirst: psql-worker\nfunctions:\n  psql-worker: {}\n"
                try Data(lone.utf8).write(to: world.folder.appending(path: "lone.yaml"))
                for (manifest, source) in [("m.yaml", "ledger"), ("lone.yaml", "history")] {
                    let host = try await HostRun.start(
                        in: world.folder, ["--manifest", manifest], environment: environment.merging(clock) { $1 })
                    #expect(try await host.line(Self.warning)["part"] as? String == "clock")
                    let readiness = try await host.get("/readyz")
                    #expect(readiness.status == 503 && readiness.body.contains(" s behind the \(source)'s"))
                    #expect(await host.end() == 0)
                }
            }
        }
    }

    private func expectClockIsTold(_ host: HostRun, _ offset: Int) async throws {
        let readiness = try await host.get("/readyz")
        #expect(readiness.status == 503)
        let side = offset > 0 ? "ahead of" : "behind"
        // The model tells whole seconds, at some moment of the call.
        let problems = (-5...5).map { "\"clock\":\"this machine's clock is \(abs(offset) + $0) s \(side) the " }
        #expect(problems.contains { readiness.body.contains($0) }, "\(readiness.body)")
        let sample = "host_clock_offset_seconds{source=model}"
        var page: [String: Double] = [:]
        // The gauges may be a second old, and nothing tells when they are new.
        for _ in 0..<100 where page[sample] == nil {
            try await Task.sleep(for: .milliseconds(100))
            page = try PrometheusParser.samples(try await host.get("/metrics").body)
        }
        #expect(abs(try #require(page[sample]) - Double(offset)) < 5)
    }

    /// Questions that got their final state so many days ago.
    private func finish(_ ids: [String], daysAgo days: Double, in world: HostWorld) async throws {
        func finish(in history: any RunHistory) async throws {
            for id in ids { _ = try await history.finish(id: id, .without(.failed, reason: "timeout")) }
        }
        guard let url = world.environment["DATABASE_URL"] else {
            return try await finish(in: world.history(daysAgo: days))
        }
        let client = PostgresClient(try PostgresConfiguration(url: url), connectionsMax: 1)
        let history = PostgresHistory(client: client, now: { Date(timeIntervalSinceNow: -days * Self.day) })
        try await finish(in: history)
        await history.close()
        await client.close()
    }
}
