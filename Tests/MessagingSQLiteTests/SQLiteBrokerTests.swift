import FoundationEssentials
import GRDB
import Messaging
import MessagingCompat
import MessagingSQLite
import SQLite
import Synchronization
import TestSupport
import Testing

@Suite("SQLiteBroker")
struct SQLiteBrokerTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func broker(_ name: String = "queues") throws -> SQLiteBroker {
        try SQLiteBroker(
            store: SQLiteStore.open(folder: "\(folder.path)/\(name)", schemas: [SQLiteBroker.schema]))
    }

    private func declared() async throws -> SQLiteBroker {
        let broker = try broker()
        try await broker.declare([QueueSpecification(name: "questions", lengthMax: 1_000, delays: [.milliseconds(80)])])
        return broker
    }

    private var queues: String { "\(folder.path)/queues" }

    @Test(
        "Does all that a broker must do, in a file", .timeLimit(.minutes(1)), arguments: MessageBrokerCompatTest.rules)
    func compatInFile(rule: MessageBrokerCompatTest.Rule) async throws {
        let number = Mutex(0)
        let folder = folder.path
        let open: @Sendable (Int) throws -> SQLiteBroker = {
            try SQLiteBroker(store: SQLiteStore.open(folder: "\(folder)/\($0)", schemas: [SQLiteBroker.schema]))
        }
        let suite = MessageBrokerCompatTest(
            reopen: { _ in try open(number.withLock { $0 }) },
            die: { _, count in
                let other = try OtherProcess(folder: "\(folder)/\(number.withLock { $0 })", "hold", "\(count)")
                try await other.waitFor("holding")
                await other.kill()
            },
            make: {
                try open(
                    number.withLock {
                        $0 += 1
                        return $0
                    })
            }
        )
        try await rule.check(suite)
    }

    @Test(
        "Does all that a broker must do, in memory", .timeLimit(.minutes(1)),
        arguments: MessageBrokerCompatTest.rules)
    func compatInMemory(rule: MessageBrokerCompatTest.Rule) async throws {
        try await rule.check(
            MessageBrokerCompatTest {
                try SQLiteBroker(store: SQLiteStore.inMemory(schemas: [SQLiteBroker.schema]))
            })
    }

    @Test("What a killed process held is delivered by a living one that waits", .timeLimit(.minutes(1)))
    func killed() async throws {
        let survivor = try await declared()
        for id in ["a", "b", "c"] { try await survivor.publish(Message(id: id, body: Data()), to: "questions") }
        let other = try OtherProcess(folder: queues, "hold", "3")
        try await other.waitFor("holding")
        var deliveries = try await survivor.consume("questions", prefetch: 5).makeAsyncIterator()
        // It has looked for dead owners before the death, so that it has to look again by itself while it waits.
        try await survivor.publish(Message(id: "before", body: Data()), to: "questions")
        #expect(try await deliveries.next()?.message.id == "before")
        #expect(try await survivor.depth(of: "questions") == QueueDepth(ready: 0, delivered: 4, delayed: 0))
        await other.kill()
        for id in ["a", "b", "c"] {
            let delivery = try #require(try await deliveries.next())
            #expect(delivery.message.id == id)
            #expect(delivery.priorDeliveries == 1)
            try await survivor.acknowledge(delivery)
        }
        await survivor.close()
    }

    @Test("What a killed process held is there for the next start", .timeLimit(.minutes(1)))
    func killedAlone() async throws {
        let first = try await declared()
        try await first.publish(Message(id: "a", body: Data()), to: "questions")
        await first.close()
        let other = try OtherProcess(folder: queues, "hold", "1")
        try await other.waitFor("holding")
        await other.kill()
        let next = try broker()
        var deliveries = try await next.consume("questions", prefetch: 1).makeAsyncIterator()
        #expect(try await deliveries.next()?.priorDeliveries == 1)
        await next.close()
    }

    @Test("What a living process holds is nobody else's, and is handed back when it ends", .timeLimit(.minutes(1)))
    func living() async throws {
        let survivor = try await declared()
        try await survivor.publish(Message(id: "a", body: Data()), to: "questions")
        let other = try OtherProcess(folder: queues, "hold", "1")
        try await other.waitFor("holding")
        var deliveries = try await survivor.consume("questions", prefetch: 1).makeAsyncIterator()
        try await survivor.publish(Message(id: "b", body: Data()), to: "questions")
        let delivery = try #require(try await deliveries.next())
        #expect(delivery.message.id == "b")
        try await survivor.acknowledge(delivery)
        async let next = deliveries.next()
        try await other.finish()
        #expect(try await next?.message.id == "a")
        await survivor.close()
    }

    @Test("A consumer gets what another process publishes", .timeLimit(.minutes(1)))
    func otherPublisher() async throws {
        let broker = try await declared()
        var deliveries = try await broker.consume("questions", prefetch: 5).makeAsyncIterator()
        let other = try OtherProcess(folder: queues, "publish", "a", "b")
        #expect(try await deliveries.next()?.message.id == "a")
        #expect(try await deliveries.next()?.message.id == "b")
        try await other.finish()
        await broker.close()
    }

    @Test("A delay that began by a clock 100 days ahead does not last until then", .timeLimit(.minutes(1)))
    func clockWasAhead() async throws {
        let broker = try await declared()
        try await broker.publish(Message(id: "a", body: Data()), to: "questions", after: .milliseconds(80))
        try await DatabaseQueue(path: "\(queues)/sluice.sqlite").write { database in
            try database.execute(sql: "UPDATE messages SET available_at_ms = available_at_ms + 100 * 86400000")
        }
        #expect(try await broker.depth(of: "questions") == QueueDepth(ready: 1, delivered: 0, delayed: 0))
        #expect(try await broker.browse("questions", limit: 1).map(\.id) == ["a"])
        var deliveries = try await broker.consume("questions", prefetch: 1).makeAsyncIterator()
        #expect(try await deliveries.next()?.message.id == "a")
        await broker.close()
    }

    @Test("A waiting consumer learns of the delay that another broker published", .timeLimit(.minutes(1)))
    func otherDelay() async throws {
        let (broker, other) = (try await declared(), try broker())
        var deliveries = try await broker.consume("questions", prefetch: 5).makeAsyncIterator()
        async let delivery = deliveries.next()
        try await other.publish(Message(id: "later", body: Data()), to: "questions", after: .milliseconds(80))
        #expect(try await delivery?.message.id == "later")
        await other.close()
        await broker.close()
    }

    @Test("Four processes on one file lose and double nothing", .timeLimit(.minutes(1)))
    func hammer() async throws {
        let broker = try await declared()
        let each = 40
        let seen = try await withThrowingTaskGroup(of: [String].self) { group in
            let processes = try (0..<4).map {
                try OtherProcess(folder: queues, "work", "\($0 * each)", "\(($0 + 1) * each)")
            }
            let (acknowledgements, acknowledged) = AsyncStream<Void>.makeStream()
            for process in processes {
                group.addTask {
                    var ids: [String] = []
                    for await line in process.lines where line != "published" {
                        ids.append(line)
                        acknowledged.yield()
                    }
                    return ids
                }
            }
            var iterator = acknowledgements.makeAsyncIterator()
            for _ in 0..<4 * each { _ = await iterator.next() }
            for process in processes { try await process.finish() }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(seen.count == 4 * each)
        #expect(Set(seen) == Set((0..<4 * each).map(String.init)))
        #expect(try await broker.depth(of: "questions").total == 0)
        await broker.close()
    }

    @Test("The counted length is the number of messages, whatever was done", arguments: [1, 2, 3] as [UInt64])
    func countedLength(seed: UInt64) async throws {
        let store = try SQLiteStore.inMemory(schemas: [SQLiteBroker.schema])
        let broker = try SQLiteBroker(store: store)
        try await broker.declare([QueueSpecification(name: "questions", lengthMax: 6, delays: [.seconds(3600)])])
        let stream = try await broker.consume("questions", prefetch: 100)
        var deliveries = stream.makeAsyncIterator()
        var random = SeededGenerator(seed: seed)
        var held: [Delivery] = []
        for _ in 0..<150 {
            let depth = try await broker.depth(of: "questions")
            switch Int.random(in: 0..<5, using: &random) {
            case 0, 1:
                let delay: Duration = Bool.random(using: &random) || depth.delayed > 2 ? .zero : .seconds(3600)
                do {
                    try await broker.publish(Message(id: "m", body: Data()), to: "questions", after: delay)
                    #expect(depth.total < 6)
                } catch {
                    #expect(error == .queueFull(queue: "questions"))
                    #expect(depth.total == 6)
                }
            case 2 where depth.ready > 0: held.append(try #require(try await deliveries.next()))
            case 3 where !held.isEmpty: try await broker.acknowledge(held.removeFirst())
            case 4 where !held.isEmpty: try await broker.handBack(held.removeLast())
            default: continue
            }
            let counts = try await store.read { db in
                (
                    try Int.fetchOne(db, sql: "SELECT length FROM queues"),
                    try Int.fetchOne(db, sql: "SELECT count(*) FROM messages")
                )
            }
            #expect(counts.0 == counts.1)
        }
    }

    @Test("A broker on a closed store says that the queue cannot be reached, also to one who waits")
    func closedStore() async throws {
        let store = try SQLiteStore.open(folder: queues, schemas: [SQLiteBroker.schema])
        let broker = try SQLiteBroker(store: store)
        try await broker.declare([QueueSpecification(name: "questions", lengthMax: 10)])
        let stream = try await broker.consume("questions", prefetch: 1)
        let waiting = Task {
            var deliveries = stream.makeAsyncIterator()
            return try await deliveries.next()
        }
        try store.close()
        await #expect(throws: BrokerError.self) { try await waiting.value }
        let error = await #expect(throws: BrokerError.self) {
            try await broker.publish(Message(id: "a", body: Data()), to: "questions")
        }
        guard case .unavailable(let reason) = error else {
            Issue.record("it answers with \(String(describing: error))")
            return
        }
        #expect(reason.contains(store.file))
        await broker.close()
    }
}
