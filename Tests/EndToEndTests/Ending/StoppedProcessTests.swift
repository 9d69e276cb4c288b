import Answers
import BedrockStandIn
import Foundation
import FunctionKit
import History
import PostgresTestServer
import RabbitMQServer
import Testing

/// SIGSTOP, `docker pause`, Ctrl-Z and a suspended machine, for longer than anything may take.
@Suite("A stopped process", .timeLimit(.minutes(3)))
struct StoppedProcessTests {
    /// Longer than the call and its function may take.
    private static let stop = Duration.seconds(5)
    /// Answers come while the process is stopped.
    private static let latency = Duration.seconds(1)

    private static let manifest = HostWorld.manifest(concurrency: 4)
        .replacing("timeout: 150s", with: "timeout: 4s").replacing("timeout: 120s", with: "timeout: 2s")

    @Test(
        "a host takes the answers that came meanwhile, pays none again, and trusts the model", arguments: [false, true])
    func host(onServers: Bool) async throws {
        if onServers {
            let server = try await RabbitMQServer.shared()
            let url = server.url(vhost: try await server.newVhost())
            try await HostWorld.run(
                onRabbitMQ: url, database: .postgres(try await PostgresTestServer.shared()), manifest: Self.manifest,
                stopAndGoOn)
        } else {
            try await HostWorld.run(manifest: Self.manifest, stopAndGoOn)
        }
    }

    private func stopAndGoOn(_ world: HostWorld) async throws {
        try await ModelServer.run(latency: Self.latency) { model in
            let host = try await HostRun.start(
                in: world.folder, ["--manifest", "m.yaml"],
                environment: model.environment.merging(world.environment) { $1 })
            let ids = (0..<3).map { "q\($0)" }
            try await world.ask(ids)
            await model.calls(ids.count)
            try await host.process.stopped(for: Self.stop)
            for id in ids {
                let record = try await world.history.outcome(of: id)
                #expect(record.state == .done && record.answer?.isDegraded == false)
            }
            #expect(try await host.get("/readyz").status == 200)
            #expect(await host.end() == 0)
            #expect(model.received.count == ids.count)
            let export = try await world.sluice(["budget", "export"])
            let paid = try PaidCalls(export: export.output, model: model)
            try paid.check()
            #expect(paid.count("settle") == ids.count)
            #expect(paid.count("charge") + paid.count("orphan") == 0)
            #expect(try await world.isSound())
        }
    }

    @Test("a host that is stopped in its drain for longer than that may take loses no answer")
    func drain() async throws {
        try await HostWorld.run(manifest: Self.manifest) { world in
            try await ModelServer.run(latency: Self.latency) { model in
                let environment = model.environment.merging(["SLUICE_DRAIN_SECONDS": "3"]) { $1 }
                let host = try await HostRun.start(
                    in: world.folder, ["--manifest", "m.yaml"], environment: environment)
                try await world.ask(["q"])
                await model.calls(1)
                host.process.signal(SIGTERM)
                _ = try await host.line("host drains")
                try await host.process.stopped(for: Self.stop)
                #expect(await host.process.status() == 0)
                let next = try await HostRun.start(
                    in: world.folder, ["--manifest", "m.yaml"], environment: model.environment)
                #expect(try await world.history.outcome(of: "q").state == .done)
                #expect(await next.end() == 0)
                #expect(model.received.count == 1)
                #expect(try await world.isSound())
            }
        }
    }

    @Test("a person who stops `ask` with Ctrl-Z gets the answer when it goes on")
    func ask() async throws {
        try await HostWorld.run { world in
            try await ModelServer.run(latency: Self.latency) { model in
                let process = try SluiceProcess(
                    ["ask", "--wait", "4", "The shop refuses to repair my faulty phone."], in: world.folder,
                    environment: model.environment)
                await model.calls(1)
                try await process.stopped(for: Self.stop)
                #expect(await process.status() == 0, "\(process.errors)")
                #expect(model.received.count == 1)
                #expect(try await world.money().held == 0)
                #expect(try await world.isSound())
            }
        }
    }
}

extension SluiceProcess {
    /// Stops it for some time.
    fileprivate func stopped(for time: Duration) async throws {
        signal(SIGSTOP)
        defer { signal(SIGCONT) }
        // Time is what it is about.
        try await Task.sleep(for: time)
    }
}
