/// A message in the hands of one consumer, until it is acknowledged or handed back.
package struct Delivery: Sendable {
    /// The message.
    package let message: Message
    /// The queue it came from.
    package let queue: String
    /// Names this delivery to its broker.
    package let tag: UInt64
    /// How often the message was delivered from this queue before: 0 for the first time.
    ///
    /// Handing back counts, and so does a consumer that died.
    package let priorDeliveries: Int
    /// Why the message cannot be worked on; nil where nothing speaks against it.
    ///
    /// The message is made safe then: it can be published to a dead-letter queue as it is.
    package let problem: MessageProblem?

    /// Makes a delivery; brokers do.
    package init(
        message: Message, queue: String, tag: UInt64, priorDeliveries: Int, problem: MessageProblem? = nil
    ) {
        self.message = message
        self.queue = queue
        self.tag = tag
        self.priorDeliveries = priorDeliveries
        self.problem = problem
    }
}
