/// A durable queue as a host wants it.
package struct QueueSpecification: Sendable, Hashable {
    /// The queue's name.
    package var name: String
    /// The most messages the queue holds, waiting, delayed and delivered together; a publish beyond it is refused.
    ///
    /// RabbitMQ counts the waiting ones alone, of each delay on its own, and lets publishes under way exceed it a little.
    package var lengthMax: Int
    /// The delays that ``MessageBroker/publish(_:to:after:)`` may be given for this queue, besides zero: a broker
    /// such as RabbitMQ needs a queue of its own for each.
    package var delays: Set<Duration>
    /// The queue to which the broker itself moves a message that it delivers no more.
    ///
    /// RabbitMQ does so after 20 deliveries that were not acknowledged. Nil for a queue beside this one that nobody
    /// consumes.
    package var deadLetters: String?

    /// Makes a specification.
    package init(name: String, lengthMax: Int, delays: Set<Duration> = [], deadLetters: String? = nil) {
        self.name = name
        self.lengthMax = lengthMax
        self.delays = delays
        self.deadLetters = deadLetters
    }
}

/// How many messages a queue holds.
package struct QueueDepth: Sendable, Hashable {
    /// Waiting for a consumer.
    package var ready: Int
    /// In a consumer's hands; RabbitMQ counts only those of this process.
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
