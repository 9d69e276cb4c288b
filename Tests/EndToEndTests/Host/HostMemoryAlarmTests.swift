import Foundation
import FunctionHost
import History
import Messaging
import RabbitMQServer
import TestSupport
import Testing

@Suite("sluice host while RabbitMQ runs out of memory", .timeLimit(.minutes(10)))
struct HostMemoryAlarmTests {
    /// What the original's container left to its broker.
    private static let watermark = "205MB"
    /// So many that the burst outlasts the seconds that it takes to set an alarm off: the broker tells a connection of the
    /// alarm when it publishes.
    private static let count = Campaign.isLong ? 10_000 : 3_000

    @Test("a burst passes under a low watermark; an alarm shows, holds publishes up and lets acknowledgements go on")
    func burst() async throws {
        let server = try await RabbitMQServer()
        try await server.control("set_vm_memory_high_watermark", "absolute", Self.watermark)
        let url = server.url(vhost: try await server.newVhost())
        try await HostWorld.run(onRabbitMQ: url, manifest: HostWorld.manifest(concurrency: 32)) { world in
            // Room for some calls; the other answers come from the passages.
            try world.writeBudgets(limit: "0.05")
            try await ModelServer.run { model in
                let host = try await HostRun.start(
                    in: world.folder, ["--manifest", "m.yaml", "--budgets", "b"],
                    environment: model.environment.merging(world.environment) { $1 })
                let asker = Asker(world)
                let details = String(repeating: "It broke again after the repair. ", count: 15)
                let questions = (0..<Self.count).map { "The phone number \($0) that I bought is faulty. \(details)" }
                async let asked = asker.ask(questions, atOnce: 64)
                try await world.answers(reach: Self.count / 20)
                try await raiseAlarm(server, host, world)
                for id in try await asked {
                    #expect(try await world.history.outcome(of: id).state == .done)
                }
                #expect(try await world.history.counts() == [.done: Self.count])
                #expect(try await world.money().held == 0)
                #expect(await host.end() == 0)
            }
        }
    }

    /// Sets the alarm off in the middle of the burst, looks, and ends it.
    private func raiseAlarm(_ server: RabbitMQServer, _ host: HostRun, _ world: HostWorld) async throws {
        try await server.control("set_vm_memory_high_watermark", "absolute", "1MB")
        // The burst itself may have set one off before.
        var ready: (status: Int, body: String, type: String)
        repeat {
            _ = try await host.line("broker takes no publishes")
            ready = try await host.get("/readyz")
        } while !ready.body.contains("\"broker\":\"blocked: ")
        #expect(ready.status == 503)
        #expect(ready.body.contains("memory"))
        // The gauges may be a second old, and nothing tells when they are new.
        while try PrometheusParser.samples(try await host.get("/metrics").body)["broker_ready"] != 0 {
            try await Task.sleep(for: .milliseconds(100))
        }
        // The last function publishes nothing: all that had come so far is stored and acknowledged.
        let last = FunctionQueues(function: "psql-worker").waiting
        // Nothing tells when a queue is empty, but that one asks.
        while try await world.broker.depth(of: last).total > 0 { try await Task.sleep(for: .milliseconds(20)) }
        #expect(try await host.get("/readyz").body.contains("\"broker\":\"blocked: "))
        #expect(try await host.get("/healthz").status == 200)
        try await server.control("set_vm_memory_high_watermark", "absolute", Self.watermark)
        repeat {
            _ = try await host.line("broker takes publishes again")
        } while try await host.get("/readyz").status != 200
    }
}
