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

    /// Makes a delivery; brokers do.
    package init(message: Message, queue: String, tag: UInt64, priorDeliveries: Int) {
        self.message = message
        self.queue = queue
        self.tag = tag
        self.priorDeliveries = priorDeliveries
    }
}
