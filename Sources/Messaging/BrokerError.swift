/// Why a broker did not do what it was asked.
package enum BrokerError: Error, Sendable, Hashable {
    /// The queue holds as many messages as it may. Nothing was published; try again later.
    case queueFull(queue: String)
    /// The queue was not declared.
    case unknownQueue(String)
    /// The delay is none of those the queue was declared with.
    case unknownDelay(Duration, queue: String)
    /// The queue exists with other limits, and the broker does not change them; its own words name both. Delete the
    /// queue once it is empty, or set the limits back.
    case queueDiffers(queue: String, reason: String)
    /// The broker does not make or give the queue, or takes no message for it: a limit of its own is reached, or this user
    /// may not. `reason` says what to change. Nothing was published.
    case refused(queue: String, reason: String)
    /// The broker cannot carry the message, now or later: its id, headers or body are too long. Nothing was published.
    case invalidMessage(reason: String)
    /// The delivery is no longer in this consumer's hands: acknowledged, handed back, or lost with its connection. The
    /// message, where it still exists, is delivered again.
    case staleDelivery
    /// The broker is closed or cannot be reached. Nothing was published.
    case unavailable(reason: String)
    /// The message was sent, and its confirm did not come: whether it arrived is unknown. Published again it may be there
    /// twice, which is worked on once.
    case unconfirmed(reason: String)
}

extension BrokerError: CustomStringConvertible {
    /// One sentence for a person.
    package var description: String {
        switch self {
        case .queueFull(let queue): "the queue \(queue) is full; try again later"
        case .unknownQueue(let queue): "the queue \(queue) was not declared"
        case .unknownDelay(let delay, let queue): "the queue \(queue) was not declared with a delay of \(delay)"
        case .queueDiffers(let queue, let reason):
            "the queue \(queue) exists with other arguments; delete it once it is empty, or set them back: \(reason)"
        case .refused(let queue, let reason): "the queue \(queue) is refused: \(reason)"
        case .invalidMessage(let reason): "the message cannot be published: \(reason)"
        case .staleDelivery: "the delivery is no longer in this consumer's hands"
        case .unavailable(let reason): "the queue cannot be reached: \(reason)"
        case .unconfirmed(let reason): "the queue did not confirm the message, which may have arrived: \(reason)"
        }
    }
}
