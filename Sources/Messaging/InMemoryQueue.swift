/// The messages of one queue of an ``InMemoryBroker``, without those in a consumer's hands.
struct InMemoryQueue<Instant: InstantProtocol & Sendable> {
    /// A message with its place in the queue.
    struct Item: Sendable {
        let message: Message
        var position = 0
        var priorDeliveries = 0
    }

    /// The limits.
    var specification: QueueSpecification
    /// How many are in a consumer's hands.
    private(set) var delivered = 0

    /// Handed back, the first one last; all of them come before all that wait.
    private var returned: [Item] = []
    /// Never delivered; the first `taken` of them are gone.
    private var waiting: [Item] = []
    private var taken = 0
    /// The one that is due first last.
    private var delayed: [(due: Instant, item: Item)] = []
    private var lastPosition = 0

    /// Makes an empty queue.
    init(specification: QueueSpecification) { self.specification = specification }

    /// How many there are.
    var length: Int { returned.count + waiting.count - taken + delivered + delayed.count }

    /// How many there are at an instant, by what they wait for.
    mutating func depth(at now: Instant) -> QueueDepth {
        ripen(at: now)
        return QueueDepth(ready: returned.count + waiting.count - taken, delivered: delivered, delayed: delayed.count)
    }

    /// The first messages that may be delivered at an instant.
    mutating func first(_ limit: Int, at now: Instant) -> [Message] {
        ripen(at: now)
        return (returned.reversed() + waiting[taken...]).prefix(limit).map(\.message)
    }

    /// When the next delay ends.
    var due: Instant? { delayed.last?.due }

    /// Adds a message at the end.
    mutating func append(_ message: Message) { append(Item(message: message)) }

    /// Keeps a message until an instant.
    mutating func keep(_ message: Message, until due: Instant) {
        // Before those that are due at the same instant: they came first and are nearer the end.
        let index = delayed.firstIndex { $0.due <= due } ?? delayed.endIndex
        delayed.insert((due, Item(message: message)), at: index)
    }

    /// Takes the first message that may be delivered at an instant.
    mutating func take(at now: Instant) -> Item? {
        ripen(at: now)
        if let item = returned.popLast() {
            delivered += 1
            return item
        }
        guard taken < waiting.count else { return nil }
        defer {
            taken += 1
            delivered += 1
            // Half of the array at a time, so that a message is moved once on average.
            if taken * 2 > waiting.count {
                waiting.removeFirst(taken)
                taken = 0
            }
        }
        return waiting[taken]
    }

    /// Takes a message back from a consumer, in front.
    mutating func giveBack(_ item: Item) {
        var item = item
        item.priorDeliveries += 1
        delivered -= 1
        let index = returned.firstIndex { $0.position < item.position } ?? returned.endIndex
        returned.insert(item, at: index)
    }

    /// Forgets a message that a consumer has dealt with.
    mutating func forgetDelivered() { delivered -= 1 }

    private mutating func ripen(at now: Instant) {
        while let (due, item) = delayed.last, due <= now {
            delayed.removeLast()
            append(item)
        }
    }

    private mutating func append(_ item: Item) {
        lastPosition += 1
        var item = item
        item.position = lastPosition
        waiting.append(item)
    }
}
