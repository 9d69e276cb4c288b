/// A durable queue as a host wants it.
package struct QueueSpecification: Sendable, Hashable {
    /// The queue's name.
    package var name: String
    /// The most messages the queue holds, waiting, delayed and delivered together; a publish beyond it is refused.
    package var lengthMax: Int
    /// The delays that ``MessageBroker/publish(_:to:after:)`` may be given for this queue, besides zero: a broker
    /// such as RabbitMQ needs a queue of its own for each.
    package var delays: Set<Duration>

    /// Makes a specification.
    package init(name: String, lengthMax: Int, delays: Set<Duration> = []) {
        self.name = name
        self.lengthMax = lengthMax
        self.delays = delays
    }
}

/// How many messages a queue holds.
package struct QueueDepth: Sendable, Hashable {
    /// Waiting for a consumer.
    package var ready: Int
    /// In a consumer's hands.
    package var delivered: Int
    /// Waiting for their delay to end.
    package var delayed: Int

    /// All of them.
    package var total: Int { ready + delivered + delayed }

    /// Makes a depth.
    package init(ready: Int, delivered: Int, delayed: Int) {
        self.ready = ready
        self.delivered = delivered
        self.delayed = delayed
    }
}
