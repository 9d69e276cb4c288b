import Foundation
import TestSupport
import Testing

@Suite("sluice and signals", .timeLimit(.minutes(3)))
struct SignalTests {
    @Test("the end of its terminal drains the emulator, and does nothing to a host")
    func hangUp() async throws {
        let folder = try TemporaryFolder()
        let emulator = try SluiceProcess(["emulate", "--port", "0"], in: folder.url)
        #expect(await emulator.line(with: "ready on") != nil)
        emulator.signal(SIGHUP)
        #expect(await emulator.status() == 0)
        #expect(emulator.errors.contains("host drained"))

        let host = try await HostRun.start(in: folder.url, environment: HostRun.unused)
        host.process.signal(SIGHUP)
        #expect(try await host.get("/readyz").status == 200)
        _ = await host.end()
    }

    @Test(
        "told to end while it starts, a server ends at once with 0",
        arguments: ["host", "emulate"], [SIGTERM, SIGINT])
    func starting(command: String, signal: Int32) async throws {
        let folder = try TemporaryFolder()
        // It takes connections into its backlog, and answers none.
        let port = try LoopbackPort.free()
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        try #require(LoopbackPort.bind(to: port, listener) == 0 && listen(listener, 16) == 0)
        let process = try SluiceProcess(
            [command], in: folder.url,
            environment: HostRun.unused.merging([
                "DATABASE_URL": "postgres://u:p@127.0.0.1:\(port)/d", "SLUICE_LISTEN_PORT": "0",
            ]) { $1 })
        // It has come as far as the database.
        let connection = await Task.detached { accept(listener, nil, nil) }.value
        defer { close(connection) }
        let clock = ContinuousClock.now
        process.signal(signal)
        #expect(await process.status() == 0)
        #expect(.now - clock < .seconds(1))
    }

    @Test("a command ends while it waits for a model that does not answer", arguments: [SIGTERM, SIGINT])
    func commands(signal: Int32) async throws {
        try await ModelServer.run(latency: .seconds(600)) { model in
            let folder = try TemporaryFolder()
            let payload = "@\(SluiceProcess.repository)/functions/llm-connector/events/passages.json"
            let invoke = try SluiceProcess(
                ["invoke", "llm-connector", "--payload", payload], in: folder.url, environment: model.environment)
            await model.calls(1)
            let clock = ContinuousClock.now
            invoke.signal(signal)
            #expect(await invoke.status() == 1)
            #expect(invoke.errors.contains("interrupted"))
            #expect(.now - clock < .seconds(2))

            let ask = try SluiceProcess(["ask", "What is a defect?"], in: folder.url, environment: model.environment)
            await model.calls(1)
            let again = ContinuousClock.now
            ask.signal(signal)
            ask.signal(signal == SIGTERM ? SIGINT : SIGTERM)
            #expect(await ask.status() == 1)
            #expect(ask.errors.contains("interrupted"))
            #expect(.now - again < .seconds(2))
        }
    }
}
