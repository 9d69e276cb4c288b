/// Queues that end with the process, for tests and for whoever can lose messages.
///
/// Everything but durability is as with the other brokers: limits, delays, order, redelivery, stale deliveries. A call
/// takes constant time but for messages that are delayed or handed back, which are sorted in.
package actor InMemoryBroker<C: Clock>: MessageBroker where C.Duration == Duration {
    private struct Consumer {
        let queue: String
        let prefetch: Int
        var held = 0
    }

    private struct Held {
        let item: InMemoryQueue<C.Instant>.Item
        let queue: String
        let consumer: UInt64
    }

    private let clock: C
    private let room = WaitingRoom<ConsumerNeed>()
    private var queues: [String: InMemoryQueue<C.Instant>] = [:]
    private var consumers: [UInt64: Consumer] = [:]
    private var held: [UInt64: Held] = [:]
    private var lastNumber: UInt64 = 0
    private var isClosed = false

    /// Makes a broker without queues.
    ///
    /// - Parameter clock: Measures the delays.
    package init(clock: C) {
        self.clock = clock
    }

    package func declare(_ queues: [QueueSpecification]) async throws(BrokerError) {
        try checkOpen()
        for specification in queues {
            self.queues[specification.name, default: InMemoryQueue(specification: specification)].specification =
                specification
        }
    }

    package func publish(_ message: Message, to queue: String, after delay: Duration) async throws(BrokerError) {
        try checkOpen()
        guard let state = queues[queue] else { throw .unknownQueue(queue) }
        guard delay == .zero || state.specification.delays.contains(delay) else {
            throw .unknownDelay(delay, queue: queue)
        }
        guard state.length < state.specification.lengthMax else { throw .queueFull(queue: queue) }
        if delay == .zero {
            queues[queue]?.append(message)
            room.wake(.message(queue: queue))
        } else {
            queues[queue]?.keep(message, until: clock.now.advanced(by: delay))
            // All: whoever goes on waiting must know when this one is due.
            room.wake(.message(queue: queue), atMost: .max)
        }
    }

    package func consume(_ queue: String, prefetch: Int) async throws(BrokerError) -> DeliveryStream {
        precondition(prefetch >= 1, "a consumer holds at least one delivery")
        try checkOpen()
        guard queues[queue] != nil else { throw .unknownQueue(queue) }
        let consumer = nextNumber()
        consumers[consumer] = Consumer(queue: queue, prefetch: prefetch)
        return DeliveryStream { () async throws(BrokerError) in await self.next(for: consumer) }
    }

    package func acknowledge(_ delivery: Delivery) async throws(BrokerError) {
        let held = try release(delivery)
        queues[held.queue]?.forgetDelivered()
    }

    package func handBack(_ delivery: Delivery) async throws(BrokerError) {
        let held = try release(delivery)
        queues[held.queue]?.giveBack(held.item)
        room.wake(.message(queue: held.queue))
    }

    package func depth(of queue: String) async throws(BrokerError) -> QueueDepth {
        try checkOpen()
        guard let depth = queues[queue]?.depth(at: clock.now) else { throw .unknownQueue(queue) }
        return depth
    }

    package func browse(_ queue: String, limit: Int) async throws(BrokerError) -> [Message] {
        try checkOpen()
        guard let messages = queues[queue]?.first(limit, at: clock.now) else { throw .unknownQueue(queue) }
        return messages
    }

    package func close() async {
        isClosed = true
        for held in held.values { queues[held.queue]?.giveBack(held.item) }
        held = [:]
        room.close()
    }

    private func next(for consumer: UInt64) async -> Delivery? {
        guard !Task.isCancelled else { return nil }
        while !isClosed, let state = consumers[consumer] {
            let needsRoom = state.held >= state.prefetch
            let place = room.enter(needsRoom ? .room(consumer: consumer) : .message(queue: state.queue))
            if !needsRoom, let delivery = take(for: consumer, from: state.queue) {
                // A wake in this moment was for another message.
                room.leave(place, passesOn: true)
                return delivery
            }
            await room.wait(in: place, until: needsRoom ? nil : queues[state.queue]?.due, clock: clock)
            let isCancelled = Task.isCancelled
            room.leave(place, passesOn: isCancelled)
            if isCancelled { return nil }
        }
        return nil
    }

    private func take(for consumer: UInt64, from queue: String) -> Delivery? {
        guard let item = queues[queue]?.take(at: clock.now) else { return nil }
        let tag = nextNumber()
        held[tag] = Held(item: item, queue: queue, consumer: consumer)
        consumers[consumer]?.held += 1
        return Delivery(message: item.message, queue: queue, tag: tag, priorDeliveries: item.priorDeliveries)
    }

    package func holds(_ delivery: Delivery) -> Bool { held[delivery.tag] != nil }

    private func release(_ delivery: Delivery) throws(BrokerError) -> Held {
        try checkOpen()
        guard let held = held.removeValue(forKey: delivery.tag) else { throw .staleDelivery }
        consumers[held.consumer]?.held -= 1
        room.wake(.room(consumer: held.consumer))
        return held
    }

    private func nextNumber() -> UInt64 {
        lastNumber += 1
        return lastNumber
    }

    private func checkOpen() throws(BrokerError) {
        guard !isClosed else { throw .unavailable(reason: "it was closed") }
    }
}

extension InMemoryBroker where C == ContinuousClock {
    /// Makes a broker that measures delays in real time.
    package init() { self.init(clock: ContinuousClock()) }
}
