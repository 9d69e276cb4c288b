import FoundationEssentials
import FunctionHost
import History
import HistorySQLite
import Messaging
import RabbitMQ
import RabbitMQServer
import SQLite
import ServiceLifecycleTestKit
import Synchronization
import Testing

@Suite("A host that loses its connection", .timeLimit(.minutes(5)))
struct LostConnectionTests {
    @Test("answers a message that runs alone, however often the connection is cut meanwhile")
    func cut() async throws {
        let server = try await RabbitMQServer.shared()
        let proxy = try LoopbackProxy(to: server.port)
        let url = server.url(vhost: try await server.newVhost(), port: proxy.port)
        let broker = try await RabbitMQBroker.connect(
            RabbitMQConfiguration(url: url, connectionName: "test"), logger: TestHost.logger)
        let (runs, feed) = AsyncStream.makeStream(of: Latch.self)
        let function = registered(attempts: 2) { input, _ in
            let release = Latch()
            feed.yield(release)
            await release.wait()
            return input
        }
        let history = SQLiteHistory(store: try SQLiteStore.inMemory(schemas: [SQLiteHistory.schema]))
        let host = FunctionHost(
            functions: [function], broker: broker, history: history, invoker: Invoker(), drainTime: .seconds(20),
            hasRoom: { _, _ in true }, logger: TestHost.logger)
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
                release.open()
            }
            // The seventh delivery, with two attempts.
            try #require(await runs.next()).open()
            trigger.triggerGracefulShutdown()
            try await running
        }
        #expect(try await history.question(id: "q") == nil, "it has a final state only where it failed")
        for (_, queue) in queues.byKind { #expect(try await broker.depth(of: queue).total == 0) }
        await broker.close()
        proxy.close()
    }

    @Test("a host that may not publish takes nothing that it could only give back")
    func mayNotPublish() async throws {
        let calls = Mutex(0)
        let test = try TestHost([
            registered { input, _ in
                calls.withLock { $0 += 1 }
                return input
            }
        ])
        try await test.run { _ in
            try await test.send("before")
            await test.broker.acknowledgement(of: "before", in: "sluice.work")
            test.broker.set(.mayNotPublish(reason: "no right"))
            try await test.send("q")
            // Its consumer was there already, and lets go of it.
            _ = await test.broker.event { $0.text == "hand back q of sluice.work" }
            #expect(calls.withLock { $0 } == 1)
            test.broker.set(.ready)
            await test.broker.acknowledgement(of: "q", in: "sluice.work.alone")
        }
        #expect(calls.withLock { $0 } == 2)
    }
}
