import FoundationEssentials
import GRDB
package import Messaging
package import SQLite
import Synchronization

/// The durable embedded queue: messages in a SQLite file that any number of processes share.
///
/// A message in a consumer's hands belongs to its process, as a row that names the owner. An owner is alive as long as
/// the kernel holds its lock: what a dead process held waits again within a second.
package final class SQLiteBroker: MessageBroker {
    /// How often living processes look for dead ones. An asker notices a second, a disk does not notice the look.
    private static let reapInterval = Duration.seconds(1)

    /// The tables.
    package static let schema = Schema(
        name: "messaging",
        migrations: [
            { db in
                try db.execute(
                    sql: """
                        CREATE TABLE queues (
                            name TEXT PRIMARY KEY NOT NULL,
                            length INTEGER NOT NULL,
                            length_max INTEGER NOT NULL,
                            delays_ms TEXT NOT NULL
                        ) STRICT, WITHOUT ROWID;
                        -- AUTOINCREMENT: a number names a delivery, so it must never come again.
                        CREATE TABLE messages (
                            sequence INTEGER PRIMARY KEY AUTOINCREMENT,
                            queue TEXT NOT NULL,
                            id TEXT NOT NULL,
                            body BLOB NOT NULL,
                            headers TEXT NOT NULL,
                            available_at_ms INTEGER NOT NULL,
                            owner TEXT,
                            prior_deliveries INTEGER NOT NULL DEFAULT 0
                        ) STRICT;
                        CREATE INDEX messages_waiting ON messages (queue, sequence) WHERE owner IS NULL;
                        CREATE INDEX messages_delayed ON messages (available_at_ms)
                            WHERE owner IS NULL AND available_at_ms > 0;
                        CREATE INDEX messages_delivered ON messages (owner, queue) WHERE owner IS NOT NULL;
                        """)
            }
        ])

    private let store: SQLiteStore
    private let owner: String
    private let consumers = Consumers()
    private let lock: Mutex<OwnerLock?>
    private let watcher = Mutex<Task<Void, Never>?>(nil)
    private let now: @Sendable () -> Int64

    /// A broker on a store that was opened with ``schema``.
    ///
    /// - Parameters:
    ///   - store: Shared with the other parts; closed by its owner, after the broker.
    ///   - now: Milliseconds since 1970, for delays.
    /// - Throws: ``BrokerError/unavailable(reason:)`` where the owner's lock cannot be made.
    package init(
        store: SQLiteStore,
        now: @escaping @Sendable () -> Int64 = { Int64((Date.now.timeIntervalSince1970 * 1000).rounded(.up)) }
    ) throws(BrokerError) {
        self.store = store
        self.now = now
        owner = UUID().uuidString.lowercased()
        do {
            lock = Mutex(try store.ownersFolder.map { [owner] in try OwnerLock(id: owner, folder: $0) })
        } catch {
            throw .unavailable(reason: "the lock file of this process cannot be made in \(store.ownersFolder ?? "")")
        }
    }

    package func declare(_ queues: [QueueSpecification]) async throws(BrokerError) {
        try await commit { db in
            for queue in queues {
                let delays = queue.delays.map { String($0.milliseconds) }.sorted().joined(separator: ",")
                try db.execute(
                    sql: """
                        INSERT INTO queues (name, length, length_max, delays_ms) VALUES (?1, 0, ?2, ?3)
                        ON CONFLICT (name) DO UPDATE SET length_max = ?2, delays_ms = ?3
                        """,
                    arguments: [queue.name, queue.lengthMax, delays])
            }
        }
    }

    package func publish(
        _ message: Message, to queue: String, after delay: Duration
    ) async throws(BrokerError) {
        let headers: String
        do {
            headers = String(decoding: try JSONEncoder().encode(message.headers), as: UTF8.self)
        } catch {
            throw .unavailable(reason: "the headers cannot be written")
        }
        try await commit { [now] db in
            try Self.reserveRoom(in: queue, delay: delay, db: db)
            try db.execute(
                sql: "INSERT INTO messages (queue, id, body, headers, available_at_ms) VALUES (?, ?, ?, ?, ?)",
                arguments: [
                    queue, message.id, message.body, headers, delay == .zero ? 0 : now() + delay.milliseconds,
                ])
        }
    }

    /// Counts one message more, or says why not.
    private static func reserveRoom(in queue: String, delay: Duration, db: Database) throws {
        guard
            let row = try Row.fetchOne(
                db, sql: "SELECT length, length_max, delays_ms FROM queues WHERE name = ?", arguments: [queue])
        else { throw BrokerError.unknownQueue(queue) }
        let delays: String = row["delays_ms"]
        guard delay == .zero || delays.split(separator: ",").contains(Substring(String(delay.milliseconds))) else {
            throw BrokerError.unknownDelay(delay, queue: queue)
        }
        let length: Int = row["length"]
        guard length < row["length_max"] else { throw BrokerError.queueFull(queue: queue) }
        try db.execute(sql: "UPDATE queues SET length = length + 1 WHERE name = ?", arguments: [queue])
    }

    package func consume(_ queue: String, prefetch: Int) async throws(BrokerError) -> DeliveryStream {
        guard !consumers.isClosed else { throw .unavailable(reason: "the queue is closed") }
        let isKnown = try await read { db in
            try Bool.fetchOne(db, sql: "SELECT 1 FROM queues WHERE name = ?", arguments: [queue]) ?? false
        }
        guard isKnown else { throw .unknownQueue(queue) }
        startWatcher()
        let consumer = consumers.add(queue: queue, prefetch: prefetch)
        return DeliveryStream { [self] () async throws(BrokerError) in
            while await consumers.waitForTurn(of: consumer) {
                if let delivery = try await claim(queue) {
                    consumers.took(delivery.tag, by: consumer)
                    return delivery
                }
            }
            return nil
        }
    }

    /// Takes the first waiting message.
    private func claim(_ queue: String) async throws(BrokerError) -> Delivery? {
        try await commit { [owner, now] db in
            let row = try Row.fetchOne(
                db,
                sql: """
                    UPDATE messages SET owner = ?1 WHERE sequence = (
                        SELECT sequence FROM messages
                        WHERE queue = ?2 AND owner IS NULL AND available_at_ms <= ?3 ORDER BY sequence LIMIT 1)
                    RETURNING sequence, id, body, headers, prior_deliveries
                    """,
                arguments: [owner, queue, now()])
            return try row.map { row in
                let headers: String = row["headers"]
                let message = Message(
                    id: row["id"], body: row["body"],
                    headers: try JSONDecoder().decode([String: String].self, from: Data(headers.utf8)))
                let sequence: Int64 = row["sequence"]
                return Delivery(
                    message: message, queue: queue, tag: UInt64(sequence), priorDeliveries: row["prior_deliveries"])
            }
        }
    }

    package func acknowledge(_ delivery: Delivery) async throws(BrokerError) {
        try await conclude(delivery) { db, sequence, owner in
            try db.execute(
                sql: "DELETE FROM messages WHERE sequence = ? AND owner = ?", arguments: [sequence, owner])
            guard db.changesCount == 1 else { throw BrokerError.staleDelivery }
            try db.execute(
                sql: "UPDATE queues SET length = length - 1 WHERE name = ?", arguments: [delivery.queue])
        }
    }

    package func handBack(_ delivery: Delivery) async throws(BrokerError) {
        try await conclude(delivery) { db, sequence, owner in
            // It keeps its number, and so its place in front.
            try db.execute(
                sql: """
                    UPDATE messages SET owner = NULL, prior_deliveries = prior_deliveries + 1
                    WHERE sequence = ? AND owner = ?
                    """,
                arguments: [sequence, owner])
            guard db.changesCount == 1 else { throw BrokerError.staleDelivery }
        }
    }

    private func conclude(
        _ delivery: Delivery, _ update: @escaping @Sendable (Database, Int64, String) throws -> Void
    ) async throws(BrokerError) {
        guard consumers.holds(delivery.tag) else { throw .staleDelivery }
        do {
            try await commit { [owner] db in try update(db, Int64(delivery.tag), owner) }
        } catch .staleDelivery {
            consumers.released(delivery.tag)
            throw .staleDelivery
        }
        consumers.released(delivery.tag)
    }

    package func depth(of queue: String) async throws(BrokerError) -> QueueDepth {
        let depth = try await read { [now] db -> QueueDepth? in
            guard try Bool.fetchOne(db, sql: "SELECT 1 FROM queues WHERE name = ?", arguments: [queue]) != nil else {
                return nil
            }
            let row = try Row.fetchOne(
                db,
                sql: """
                    SELECT count(*) FILTER (WHERE owner IS NULL AND available_at_ms <= ?2) AS ready,
                           count(*) FILTER (WHERE owner IS NOT NULL) AS delivered,
                           count(*) FILTER (WHERE owner IS NULL AND available_at_ms > ?2) AS delayed
                    FROM messages WHERE queue = ?1
                    """,
                arguments: [queue, now()])
            return row.map { QueueDepth(ready: $0["ready"], delivered: $0["delivered"], delayed: $0["delayed"]) }
        }
        guard let depth else { throw .unknownQueue(queue) }
        return depth
    }

    package func close() async {
        consumers.close()
        let watching = watcher.withLock { $0.take() }
        watching?.cancel()
        await watching?.value
        // Where even this fails, the lock's end does the same for the next process.
        _ = try? await store.commit { [owner] db in
            try db.execute(
                sql: "UPDATE messages SET owner = NULL, prior_deliveries = prior_deliveries + 1 WHERE owner = ?",
                arguments: [owner])
        }
        lock.withLock { $0 = nil }
    }
}

extension SQLiteBroker {
    /// Starts, once, the task that wakes consumers; ``close()`` cancels it and waits for it.
    private func startWatcher() {
        watcher.withLock { watcher in
            guard watcher == nil, !consumers.isClosed else { return }
            watcher = Task { [self] in
                await withDiscardingTaskGroup { group in
                    group.addTask { await self.wakeConsumers() }
                    group.addTask { await self.takeFromTheDead() }
                }
            }
        }
    }

    /// Wakes the consumers of queues that have something: after each change to the file, and when a delay ends.
    private func wakeConsumers() async {
        do {
            var changes = store.changes().makeAsyncIterator()
            while !Task.isCancelled {
                let next = try await wakeReady()
                let untilDue = next.map { Duration.milliseconds(max(0, $0 - now())) }
                guard try await changes.next(within: untilDue) else { return }
            }
        } catch {
            // The file is gone or closed: consumers find out for themselves.
            consumers.wake()
        }
    }

    /// Wakes whom a message waits for; gives the instant at which the next delay ends.
    private func wakeReady() async throws -> Int64? {
        let (ready, next) = try await store.read { [now] db in
            let now = now()
            let ready = try String.fetchAll(
                db,
                sql: """
                    SELECT name FROM queues WHERE EXISTS (
                        SELECT 1 FROM messages WHERE queue = name AND owner IS NULL AND available_at_ms <= ?)
                    """,
                arguments: [now])
            let next = try Int64.fetchOne(
                db,
                sql: """
                    SELECT min(available_at_ms) FROM messages
                    WHERE owner IS NULL AND available_at_ms > 0 AND available_at_ms > ?
                    """,
                arguments: [now])
            return (ready, next)
        }
        consumers.wake(queues: ready)
        return next
    }

    /// Gives back what processes held that are no more.
    private func takeFromTheDead() async {
        guard let folder = store.ownersFolder else { return }
        while !Task.isCancelled {
            let owners = try? await store.read { [owner] db in
                try String.fetchAll(
                    db, sql: "SELECT DISTINCT owner FROM messages WHERE owner IS NOT NULL AND owner <> ?",
                    arguments: [owner])
            }
            for dead in owners ?? [] where !OwnerLock.isAlive(dead, folder: folder) {
                _ = try? await store.commit { db in
                    try db.execute(
                        sql:
                            "UPDATE messages SET owner = NULL, prior_deliveries = prior_deliveries + 1 WHERE owner = ?",
                        arguments: [dead])
                }
            }
            try? await Task.sleep(for: Self.reapInterval)
        }
    }

    private func commit<Value: Sendable>(
        _ update: @escaping @Sendable (Database) throws -> Value
    ) async throws(BrokerError) -> Value {
        guard !consumers.isClosed else { throw .unavailable(reason: "the queue is closed") }
        do {
            return try await store.commit(update)
        } catch {
            throw BrokerError(error)
        }
    }

    private func read<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(BrokerError) -> Value {
        guard !consumers.isClosed else { throw .unavailable(reason: "the queue is closed") }
        do {
            return try await store.read(body)
        } catch {
            throw BrokerError(error)
        }
    }
}

extension BrokerError {
    fileprivate init(_ error: any Error) {
        self =
            switch error {
            case let error as BrokerError: error
            case let error as SQLiteStoreError: .unavailable(reason: error.description)
            default: .unavailable(reason: "\(type(of: error))")
            }
    }
}

extension Duration {
    fileprivate var milliseconds: Int64 { Int64((self / .milliseconds(1)).rounded()) }
}
