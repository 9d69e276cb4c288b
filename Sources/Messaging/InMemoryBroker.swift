/// Queues in memory, with the semantics of the durable ones: what is lost with the process is lost.
///
/// Nothing polls: consumers are resumed by what happens to their queue, delays by the clock.
package actor InMemoryBroker<C: Clock>: MessageBroker where C.Duration == Duration {
    private struct Stored {
        let tag: UInt64
        let message: Message
        var priorDeliveries = 0
    }

    private struct Queue {
        var specification: QueueSpecification
        /// Ordered by tag, so that what comes back stands in front.
        var ready: [Stored] = []
        var delivered: [UInt64: (stored: Stored, consumer: Int)] = [:]
        var delayed: [UInt64: Task<Void, Never>] = [:]

        var length: Int { ready.count + delivered.count + delayed.count }
    }

    private struct Consumer {
        let queue: String
        let prefetch: Int
        var inHand = 0
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let clock: C
    private var queues: [String: Queue] = [:]
    private var consumers: [Int: Consumer] = [:]
    private var nextTag: UInt64 = 0
    private var isClosed = false

    /// An empty broker whose delays are measured by a clock.
    package init(clock: C) {
        self.clock = clock
    }

    package func declare(_ specifications: [QueueSpecification]) throws(BrokerError) {
        try checkOpen()
        for specification in specifications {
            queues[specification.name, default: Queue(specification: specification)].specification = specification
        }
    }

    package func publish(_ message: Message, to name: String, after delay: Duration) throws(BrokerError) {
        try checkOpen()
        guard let queue = queues[name] else { throw .unknownQueue(name) }
        guard delay == .zero || queue.specification.delays.contains(delay) else {
            throw .unknownDelay(delay, queue: name)
        }
        guard queue.length < queue.specification.lengthMax else { throw .queueFull(queue: name) }
        nextTag += 1
        let stored = Stored(tag: nextTag, message: message)
        guard delay > .zero else {
            putBack(stored, to: name)
            return
        }
        let instant = clock.now.advanced(by: delay)
        // Cancelled and awaited by ``close()``.
        queues[name]?.delayed[stored.tag] = Task { [clock] in
            try? await clock.sleep(until: instant, tolerance: nil)
            if !Task.isCancelled { delayEnded(stored, in: name) }
        }
    }

    package func consume(_ name: String, prefetch: Int) throws(BrokerError) -> DeliveryStream {
        try checkOpen()
        guard queues[name] != nil else { throw .unknownQueue(name) }
        let id = consumers.count
        consumers[id] = Consumer(queue: name, prefetch: max(1, prefetch))
        return DeliveryStream { [self] () async throws(BrokerError) in await next(for: id) }
    }

    package func acknowledge(_ delivery: Delivery) throws(BrokerError) {
        _ = try take(delivery)
    }

    package func handBack(_ delivery: Delivery) throws(BrokerError) {
        var stored = try take(delivery)
        stored.priorDeliveries += 1
        putBack(stored, to: delivery.queue)
    }

    package func depth(of name: String) throws(BrokerError) -> QueueDepth {
        try checkOpen()
        guard let queue = queues[name] else { throw .unknownQueue(name) }
        return QueueDepth(ready: queue.ready.count, delivered: queue.delivered.count, delayed: queue.delayed.count)
    }

    package func close() async {
        isClosed = true
        for id in consumers.keys { wake(id) }
        let delays = queues.values.flatMap(\.delayed.values)
        for delay in delays { delay.cancel() }
        for delay in delays { await delay.value }
        queues = [:]
    }

    private func checkOpen() throws(BrokerError) {
        if isClosed { throw .unavailable(reason: "the queue is closed") }
    }

    private func next(for id: Int) async -> Delivery? {
        while !isClosed, !Task.isCancelled {
            if let delivery = deliver(to: id) { return delivery }
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    if Task.isCancelled || isClosed {
                        continuation.resume()
                    } else {
                        consumers[id]?.waiter = continuation
                    }
                }
            } onCancel: {
                // Ends with the next turn of the actor; nobody needs its outcome.
                Task { await self.wake(id) }
            }
        }
        return nil
    }

    private func deliver(to id: Int) -> Delivery? {
        guard let consumer = consumers[id], consumer.inHand < consumer.prefetch,
            let stored = queues[consumer.queue]?.ready.first
        else { return nil }
        queues[consumer.queue]?.ready.removeFirst()
        queues[consumer.queue]?.delivered[stored.tag] = (stored, id)
        consumers[id]?.inHand += 1
        return Delivery(
            message: stored.message, queue: consumer.queue, tag: stored.tag, priorDeliveries: stored.priorDeliveries)
    }

    private func take(_ delivery: Delivery) throws(BrokerError) -> Stored {
        try checkOpen()
        guard let (stored, id) = queues[delivery.queue]?.delivered.removeValue(forKey: delivery.tag),
            stored.priorDeliveries == delivery.priorDeliveries
        else { throw .staleDelivery }
        consumers[id]?.inHand -= 1
        wake(id)
        return stored
    }

    private func delayEnded(_ stored: Stored, in name: String) {
        guard queues[name]?.delayed.removeValue(forKey: stored.tag) != nil else { return }
        putBack(stored, to: name)
    }

    private func putBack(_ stored: Stored, to name: String) {
        guard let queue = queues[name] else { return }
        let index = queue.ready.firstIndex { $0.tag > stored.tag } ?? queue.ready.endIndex
        queues[name]?.ready.insert(stored, at: index)
        for (id, consumer) in consumers where consumer.queue == name { wake(id) }
    }

    private func wake(_ id: Int) {
        consumers[id]?.waiter.take()?.resume()
    }
}

extension InMemoryBroker where C == ContinuousClock {
    /// An empty broker on the system's monotonic clock.
    package init() { self.init(clock: ContinuousClock()) }
}
