import FunctionHost
import Messaging
import Synchronization

/// What a host did with its broker.
enum BrokerEvent: Sendable {
    case published(Message, queue: String, delay: Duration)
    case refused(queue: String)
    case acknowledged(id: String, queue: String)
    case handedBack(id: String, queue: String)

    var published: (message: Message, queue: String, delay: Duration)? {
        if case .published(let message, let queue, let delay) = self { return (message, queue, delay) }
        return nil
    }

    /// A short name for comparisons.
    var text: String {
        switch self {
        case .published(let message, let queue, _): "publish \(message.id) to \(queue)"
        case .refused(let queue): "refuse \(queue)"
        case .acknowledged(let id, let queue): "acknowledge \(id) of \(queue)"
        case .handedBack(let id, let queue): "hand back \(id) of \(queue)"
        }
    }
}

/// Queues in memory that tell what is done with them.
final class ObservedBroker: MessageBroker {
    private struct State {
        var events: [BrokerEvent] = []
        var now = BrokerState.ready
        /// How the next publishes fail; one without a confirm has arrived nevertheless.
        var failures: [BrokerError] = []
        /// How the next tries to make and to consume queues fail.
        var refusals: [BrokerError] = []
        var isHolding = false
        var held: [CheckedContinuation<Void, Never>] = []
        /// The last delivery of each message.
        var delivered: [String: Delivery] = [:]
        var waiters:
            [(matches: @Sendable (BrokerEvent) -> Bool, continuation: CheckedContinuation<BrokerEvent, Never>)] =
                []
    }

    private let inner = InMemoryBroker()
    /// What is wrong with messages, by id.
    private let problems: [String: MessageProblem]
    private let watched = Mutex(State())
    private let room = WaitingRoom<UInt64>()

    let buriesByItself: Bool

    init(problems: [String: MessageProblem], buriesByItself: Bool) {
        self.problems = problems
        self.buriesByItself = buriesByItself
    }

    var state: BrokerState { watched.withLock { $0.now } }

    /// Says from now on that it is so.
    func set(_ state: BrokerState) { watched.withLock { $0.now = state } }

    /// Lets the next publishes fail.
    func failPublishes(_ failures: [BrokerError]) { watched.withLock { $0.failures = failures } }

    /// Lets the next tries to make or to consume queues fail.
    func failQueues(_ failures: [BrokerError]) { watched.withLock { $0.refusals = failures } }

    private func checkQueues() throws(BrokerError) {
        if let failure = watched.withLock({ $0.refusals.isEmpty ? nil : $0.refusals.removeFirst() }) { throw failure }
    }

    /// Lets publishes wait, whoever cancels them, as they do for a lock.
    func holdPublishes() { watched.withLock { $0.isHolding = true } }

    /// Lets those go on that wait.
    func releasePublishes() {
        let held = watched.withLock { state in
            defer { (state.isHolding, state.held) = (false, []) }
            return state.held
        }
        for publish in held { publish.resume() }
    }

    private func waitWhileHeld() async {
        await withCheckedContinuation { continuation in
            let goesOn = watched.withLock { state in
                if state.isHolding { state.held.append(continuation) }
                return !state.isHolding
            }
            if goesOn { continuation.resume() }
        }
    }

    var events: [BrokerEvent] { watched.withLock { $0.events } }

    /// Waits for an event, or takes one that was.
    func event(where matches: @escaping @Sendable (BrokerEvent) -> Bool) async -> BrokerEvent {
        await withCheckedContinuation { continuation in
            let known = watched.withLock { state -> BrokerEvent? in
                if let event = state.events.first(where: matches) { return event }
                state.waiters.append((matches, continuation))
                return nil
            }
            if let known { continuation.resume(returning: known) }
        }
    }

    /// Waits until a message is published to a queue, by anyone.
    func message(_ id: String, in queue: String) async -> (message: Message, delay: Duration)? {
        let event = await event { $0.text == "publish \(id) to \(queue)" }
        return event.published.map { ($0.message, $0.delay) }
    }

    /// Waits until the input of a message was acknowledged.
    func acknowledgement(of id: String, in queue: String) async {
        _ = await event { $0.text == "acknowledge \(id) of \(queue)" }
    }

    private func note(_ event: BrokerEvent) {
        let due = watched.withLock { state in
            state.events.append(event)
            let due = state.waiters.filter { $0.matches(event) }.map(\.continuation)
            state.waiters.removeAll { $0.matches(event) }
            return due
        }
        for continuation in due { continuation.resume(returning: event) }
    }

    func declare(_ queues: [QueueSpecification]) async throws(BrokerError) {
        try checkQueues()
        try await inner.declare(queues)
    }

    func publish(_ message: Message, to queue: String, after delay: Duration) async throws(BrokerError) {
        await waitWhileHeld()
        let failure = watched.withLock { $0.failures.isEmpty ? nil : $0.failures.removeFirst() }
        do throws(BrokerError) {
            switch failure {
            case .unconfirmed?, nil: try await inner.publish(message, to: queue, after: delay)
            case let failure?: throw failure
            }
        } catch {
            note(.refused(queue: queue))
            throw error
        }
        note(.published(message, queue: queue, delay: delay))
        if let failure { throw failure }
    }

    func consume(_ queue: String, prefetch: Int) async throws(BrokerError) -> DeliveryStream {
        try checkQueues()
        let stream = try await inner.consume(queue, prefetch: prefetch)
        return DeliveryStream { [problems, self] () async throws(BrokerError) in
            var deliveries = stream.makeAsyncIterator()
            guard let delivery = try await deliveries.next() else { return nil }
            watched.withLock { $0.delivered[delivery.message.id] = delivery }
            return Delivery(
                message: delivery.message, queue: delivery.queue, tag: delivery.tag,
                priorDeliveries: delivery.priorDeliveries, problem: problems[delivery.message.id])
        }
    }

    func acknowledge(_ delivery: Delivery) async throws(BrokerError) {
        try await inner.acknowledge(delivery)
        note(.acknowledged(id: delivery.message.id, queue: delivery.queue))
    }

    func handBack(_ delivery: Delivery) async throws(BrokerError) {
        try await inner.handBack(delivery)
        note(.handedBack(id: delivery.message.id, queue: delivery.queue))
    }

    /// Takes a message from whoever has it in hand, as a connection does that breaks.
    func takeAway(_ id: String) async throws(BrokerError) {
        guard let delivery = watched.withLock({ $0.delivered[id] }) else { throw .staleDelivery }
        try await inner.handBack(delivery)
        room.wake(delivery.tag, atMost: .max)
    }

    func waitForLoss(of delivery: Delivery) async {
        let place = room.enter(delivery.tag)
        if await holds(delivery) { await room.wait(in: place) }
        room.leave(place, passesOn: false)
    }

    func holds(_ delivery: Delivery) async -> Bool { await inner.holds(delivery) }

    func depth(of queue: String) async throws(BrokerError) -> QueueDepth { try await inner.depth(of: queue) }

    func close() async { await inner.close() }
}
