import Foundation
import TestSupport
import Testing

@Suite("sluice and signals", .timeLimit(.minutes(3)))
struct SignalTests {
    @Test("the end of its terminal drains the emulator")
    func hangUp() async throws {
        let folder = try TemporaryFolder()
        let emulator = try SluiceProcess(["emulate", "--port", "0"], in: folder.url)
        #expect(await emulator.line(with: "ready on") != nil)
        emulator.signal(SIGHUP)
        #expect(await emulator.status() == 0)
        #expect(emulator.errors.contains("host drained"))
    }

    @Test(
        "a signal that means nothing here does nothing to a host",
        arguments: [[SIGHUP, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGIO, SIGXFSZ, SIGPIPE]])
    func meaningless(signals: [Int32]) async throws {
        let folder = try TemporaryFolder()
        let host = try await HostRun.start(in: folder.url, environment: HostRun.unused)
        for signal in signals { host.process.signal(signal) }
        #expect(try await host.get("/readyz").status == 200)
        _ = await host.end()
    }

    @Test(
        "told to end while it starts, a server ends at once with 0",
        arguments: [["host"], ["emulate", "--port", "0"]], [SIGTERM, SIGINT])
    func starting(command: [String], signal: Int32) async throws {
        let folder = try TemporaryFolder()
        // It takes connections into its backlog, and answers none.
        let port = try LoopbackPort.free()
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        try #require(LoopbackPort.bind(to: port, listener) == 0 && listen(listener, 16) == 0)
        let process = try SluiceProcess(
            command, in: folder.url,
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

    @Test("an idle host ends at once while an alert's receiver does not answer")
    func silentReceiver() async throws {
        try await ModelServer.run { model in
            let folder = try TemporaryFolder()
            let budgets = try AskTests.budgets(
                in: folder.url, replacing: [("alerts_percent: [50, 80, 95]", "alerts_percent: [1]")])
            // It takes connections into its backlog, and answers none.
            let port = try LoopbackPort.free()
            let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(listener) }
            try #require(LoopbackPort.bind(to: port, listener) == 0 && listen(listener, 16) == 0)
            let host = try await HostRun.start(
                in: folder.url, ["--budgets", budgets],
                environment: model.environment.merging([
                    "SLUICE_ALERT_WEBHOOK": "http://127.0.0.1:\(port)/x",
                    "SLUICE_ALERT_SECRET": "sixteen bytes or more",
                ]) { $1 })
            let asked = try await host.get("/v1/questions", post: #"{"id": "q", "question": "Is my phone faulty?"}"#)
            #expect(asked.status == 202, "\(asked.body)")
            // Told to the log first of all.
            _ = try await host.line("budget threshold reached")
            #expect(try await host.get("/v1/questions/q?wait=60").body.contains("answer"))
            let clock = ContinuousClock.now
            #expect(await host.end() == 0)
            // A second, and more of it on a busy machine; five are what alerts are given where a command ends.
            #expect(.now - clock < .seconds(3))
        }
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
