import FoundationEssentials
import FunctionHost
import FunctionKit
import History
import HistorySQLite
import Messaging
import RabbitMQ
import RabbitMQServer
import SQLite
import ServiceLifecycleTestKit
import Testing

@Suite("A host that loses its connection", .timeLimit(.minutes(5)))
struct LostConnectionTests {
    /// Holds each run until the test lets it go, whatever else happens.
    private struct Held: Function {
        struct Input: Codable, Sendable {
            let text: String
        }

        let runs: AsyncStream<AsyncStream<Never>.Continuation>.Continuation

        func invoke(_ input: Input, context: InvocationContext) async throws -> Input {
            let (released, release) = AsyncStream.makeStream(of: Never.self)
            runs.yield(release)
            // A task of its own does not end with the run's.
            await Task { for await _ in released {} }.value
            return input
        }
    }

    @Test("answers a message that runs alone, however often the connection is cut meanwhile")
    func cut() async throws {
        let server = try await RabbitMQServer.shared()
        let proxy = try LoopbackProxy(to: server.port)
        let url = server.url(vhost: try await server.newVhost(), port: proxy.port)
        let broker = try await RabbitMQBroker.connect(
            RabbitMQConfiguration(url: url, connectionName: "test"), logger: quiet)
        let (runs, feed) = AsyncStream.makeStream(of: AsyncStream<Never>.Continuation.self)
        let function = RegisteredFunction(
            settings: FunctionSettings(
                name: "work", attemptsMax: 2,
                backoff: Backoff(first: .milliseconds(20), factor: 1, longest: .milliseconds(20))),
            function: AnyFunction(Held(runs: feed)))
        let history = SQLiteHistory(store: try SQLiteStore.inMemory(schemas: [SQLiteHistory.schema]))
        let host = FunctionHost(
            functions: [function], broker: broker, history: history, invoker: Invoker(), drainTime: .seconds(20),
            hasRoom: { _, _ in true }, logger: quiet)
        try await host.declareQueues()
        let queues = FunctionQueues(function: "work")
        try await broker.publish(
            Message(id: "q", body: Data(#"{"text":"x"}"#.utf8), headers: MessageHeaders().texts), to: queues.alone)
        try await testGracefulShutdown { trigger in
            async let running: Void = host.run()
            var runs = runs.makeAsyncIterator()
            for _ in 0..<6 {
                let release = try #require(await runs.next())
                // From before the cut on, because the connection may be back before anybody looks.
                let states = broker.states()
                var isBack = false
                for await state in states {
                    if isBack, state != .ready { break }
                    guard !isBack, state == .ready else { continue }
                    isBack = true
                    proxy.cut()
                }
                // It may end before its own loss is seen, and its acknowledgement be lost instead.
                release.finish()
            }
            // The seventh delivery, with two attempts.
            try #require(await runs.next()).finish()
            trigger.triggerGracefulShutdown()
            try await running
        }
        #expect(try await history.run(id: "q")?.state == .done, "it failed")
        for (_, queue) in queues.byKind { #expect(try await broker.depth(of: queue).total == 0) }
        await broker.close()
        proxy.close()
    }
}
