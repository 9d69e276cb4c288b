import GRDB
package import Messaging
package import SQLite

/// Durable queues in the shared SQLite file, for any number of processes.
///
/// A publish has returned when it is on the disk. Consumers of this process are woken at once by what this process does;
/// what others do is noticed within about twice ``StoreChanges/pollInterval``. What a process held when it died is taken back
/// by any living one that consumes, when it starts to and about once a second: the kernel tells by the owner's lock.
///
/// Delays follow the wall clock, which all processes share: setting it back makes them longer.
package actor SQLiteBroker: MessageBroker {
    /// The tables.
    package static var schema: Schema { MessageTable.schema }

    /// Death is rare and each look costs a query.
    private static let deathsLookedForEvery = Duration.seconds(1)
    /// More consumers than this are seldom waiting on one queue; the rest is found by the next look.
    private static let wokenAtOnceMax = 64

    private struct Consumer {
        let queue: String
        let prefetch: Int
        var held = 0
    }

    private struct Held {
        let sequence: Int64
        let queue: String
        let consumer: UInt64
    }

    private let store: SQLiteStore
    private let owner: String
    /// Nil in memory, where no other process can be, and once closed.
    private var ownerLock: OwnerLock?
    private let room = WaitingRoom<ConsumerNeed>()
    private var consumers: [UInt64: Consumer] = [:]
    private var held: [UInt64: Held] = [:]
    private var lastNumber: UInt64 = 0
    private var isClosed = false

    private var deathsLookedForAt: ContinuousClock.Instant?
    /// When each queue's next delay ends, as far as those who wait know.
    private var dueMilliseconds: [String: Int64] = [:]
    /// How many wait for messages; ``watch`` runs while there are any.
    private var watchers = 0
    private var watch: Task<Void, Never>?

    /// Makes a broker on a store that was opened with ``schema``.
    ///
    /// - Throws: ``BrokerError/unavailable(reason:)`` where its lock cannot be made.
    package init(store: SQLiteStore) throws(BrokerError) {
        self.store = store
        owner = OwnerName.new()
        do {
            ownerLock = try store.owners.map { [owner] in try OwnerLock(id: owner, file: $0) }
        } catch {
            throw .unavailable(reason: "\(store.file) takes no lock of this process")
        }
    }

    package func declare(_ queues: [QueueSpecification]) async throws(BrokerError) {
        try await commit { db in
            for queue in queues { try MessageTable.declare(queue, db) }
        }
    }

    package func publish(_ message: Message, to queue: String, after delay: Duration) async throws(BrokerError) {
        try await commit { try MessageTable.publish(message, to: queue, after: delay, $0) }
        // All, where it is delayed: whoever goes on waiting must know when it is due.
        room.wake(.message(queue: queue), atMost: delay == .zero ? 1 : .max)
    }

    package func consume(_ queue: String, prefetch: Int) async throws(BrokerError) -> DeliveryStream {
        precondition(prefetch >= 1, "a consumer holds at least one delivery")
        guard try await read({ try MessageTable.exists(queue, $0) }) else { throw .unknownQueue(queue) }
        lastNumber += 1
        let consumer = lastNumber
        consumers[consumer] = Consumer(queue: queue, prefetch: prefetch)
        return DeliveryStream { () async throws(BrokerError) in try await self.next(for: consumer) }
    }

    package func acknowledge(_ delivery: Delivery) async throws(BrokerError) {
        let owner = owner
        try await release(delivery) { held, db in
            try MessageTable.acknowledge(held.sequence, of: held.queue, owner: owner, db)
        }
    }

    package func handBack(_ delivery: Delivery) async throws(BrokerError) {
        let owner = owner
        try await release(delivery) { held, db in try MessageTable.handBack(held.sequence, owner: owner, db) }
        room.wake(.message(queue: delivery.queue))
    }

    package func depth(of queue: String) async throws(BrokerError) -> QueueDepth {
        try await read { try MessageTable.depth(of: queue, $0) }
    }

    package func browse(_ queue: String, limit: Int) async throws(BrokerError) -> [Message] {
        try await read { try MessageTable.first(limit, of: queue, $0) }
    }

    package func close() async {
        guard !isClosed else { return }
        isClosed = true
        room.close()
        held = [:]
        let owner = owner
        // Commits are done in the order in which they were asked for, so that this one sees every claim. Where it
        // fails, the next process takes the messages from an owner that is dead.
        _ = try? await store.commit { try MessageTable.handBackAll(of: owner, $0) }
        ownerLock = nil
        await watch?.value
    }
}

// MARK: - Deliveries

extension SQLiteBroker {
    private func next(for consumer: UInt64) async throws(BrokerError) -> Delivery? {
        guard !Task.isCancelled else { return nil }
        while !isClosed, let state = consumers[consumer] {
            if state.held >= state.prefetch {
                let place = room.enter(.room(consumer: consumer))
                await room.wait(in: place)
                room.leave(place, passesOn: false)
            } else {
                let place = room.enter(.message(queue: state.queue))
                do {
                    if let delivery = try await claim(for: consumer, from: state.queue) {
                        // A wake in this moment was for another message.
                        room.leave(place, passesOn: true)
                        return isClosed ? nil : delivery
                    }
                } catch {
                    room.leave(place, passesOn: true)
                    // Reads end with their task.
                    if isClosed || Task.isCancelled { return nil }
                    throw error
                }
                await waitForMessage(in: place, of: state.queue)
                room.leave(place, passesOn: Task.isCancelled)
            }
            if Task.isCancelled { return nil }
        }
        return nil
    }

    private func claim(for consumer: UInt64, from queue: String) async throws(BrokerError) -> Delivery? {
        // Before the claim, so that a message cannot be claimed while the consumer's hands are full.
        consumers[consumer]?.held += 1
        var isHeld = false
        defer { if !isHeld { consumers[consumer]?.held -= 1 } }
        try await takeFromTheDeadIfDue()
        let owner = owner
        switch try await commit({ try MessageTable.claim(from: queue, owner: owner, $0) }) {
        case .nothing(let due):
            dueMilliseconds[queue] = due
            return nil
        case .message(let message, let sequence, let priorDeliveries):
            isHeld = true
            lastNumber += 1
            if !isClosed { held[lastNumber] = Held(sequence: sequence, queue: queue, consumer: consumer) }
            return Delivery(message: message, queue: queue, tag: lastNumber, priorDeliveries: priorDeliveries)
        }
    }

    package func holds(_ delivery: Delivery) -> Bool { held[delivery.tag] != nil }

    private func release(
        _ delivery: Delivery, _ update: @escaping @Sendable (Held, Database) throws -> Bool
    ) async throws(BrokerError) {
        try checkOpen()
        // Taken out first: of two that release one delivery, one is stale.
        guard let held = held.removeValue(forKey: delivery.tag) else { throw .staleDelivery }
        let wasHeld: Bool
        do {
            wasHeld = try await commit { try update(held, $0) }
        } catch {
            if !isClosed { self.held[delivery.tag] = held }
            throw error
        }
        consumers[held.consumer]?.held -= 1
        room.wake(.room(consumer: held.consumer))
        guard wasHeld else { throw .staleDelivery }
    }

    private func commit<Value: Sendable>(
        _ update: @escaping @Sendable (Database) throws -> Value
    ) async throws(BrokerError) -> Value {
        try checkOpen()
        do { return try await store.commit(update) } catch { throw BrokerError(error) }
    }

    private func read<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(BrokerError) -> Value {
        try checkOpen()
        do { return try await store.read(body) } catch { throw BrokerError(error) }
    }

    private func checkOpen() throws(BrokerError) {
        guard !isClosed else { throw .unavailable(reason: "it was closed") }
    }
}

// MARK: - Other processes

extension SQLiteBroker {
    private func waitForMessage(in place: WaitingRoom<ConsumerNeed>.Place, of queue: String) async {
        let clock = ContinuousClock()
        let due = dueMilliseconds[queue].map { clock.now + .milliseconds(max(1, $0 - MessageTable.now)) }
        watchers += 1
        if watchers == 1 && store.owners != nil {
            // The last one who waits ends it and waits for its end, below.
            watch = Task { await watchOthers() }
        }
        await room.wait(in: place, until: due, clock: clock)
        watchers -= 1
        if watchers == 0, let watch {
            self.watch = nil
            watch.cancel()
            await watch.value
        }
    }

    private func watchOthers() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    // This process's commits are changes too, and most waits are short: no more looks than this.
                    try await Task.sleep(for: StoreChanges.pollInterval)
                    for try await _ in self.store.changes() {
                        try await self.wakeForOffers()
                        try await Task.sleep(for: StoreChanges.pollInterval)
                    }
                } catch {
                    await self.wakeAllUnlessCancelled()
                }
            }
            group.addTask {
                do {
                    while true {
                        try await Task.sleep(for: Self.deathsLookedForEvery)
                        try await self.takeFromTheDeadIfDue()
                    }
                } catch {
                    await self.wakeAllUnlessCancelled()
                }
            }
        }
    }

    private func wakeForOffers() async throws(BrokerError) {
        for offer in try await read({ try MessageTable.offers(countingTo: Self.wokenAtOnceMax, $0) }) {
            let isNewDelay = offer.dueMilliseconds != nil && offer.dueMilliseconds != dueMilliseconds[offer.queue]
            room.wake(.message(queue: offer.queue), atMost: isNewDelay ? .max : offer.ready)
        }
    }

    /// The file cannot be read: each consumer finds out by its next claim, and throws.
    private func wakeAllUnlessCancelled() {
        guard !Task.isCancelled else { return }
        for need in room.keys { room.wake(need, atMost: .max) }
    }

    private func takeFromTheDeadIfDue() async throws(BrokerError) {
        guard let owners = store.owners else { return }
        let now = ContinuousClock.now
        if let last = deathsLookedForAt, now - last < Self.deathsLookedForEvery { return }
        deathsLookedForAt = now
        let owner = owner
        let others: [String]
        do {
            others = try await read { try MessageTable.otherOwners(than: owner, $0) }
        } catch {
            // Not looked after all.
            deathsLookedForAt = nil
            throw error
        }
        for other in others where !owners.isAlive(other) {
            for queue in try await commit({ try MessageTable.handBackAll(of: other, $0) }) {
                room.wake(.message(queue: queue))
            }
        }
    }
}

extension BrokerError {
    /// Passes the table's own refusals on; all else leaves it open what has happened.
    fileprivate init(_ error: any Error) {
        switch error {
        case let error as BrokerError: self = error
        case let error as SQLiteStoreError: self = .unavailable(reason: "\(error)")
        case is CancellationError: self = .unavailable(reason: "the task was cancelled")
        default: self = .unavailable(reason: "the stored message cannot be read")
        }
    }
}
