/// A channel with its consumer: what is in hand there, and what is to be written with the next turn.
struct ConsumedChannel {
    /// Whose deliveries come here.
    let consumer: UInt64
    /// Whether the messages here are asked for one by one.
    let isWalked: Bool
    var content = ContentAssembler()
    /// The message that a walk has asked for.
    var met: ContentAssembler.Content?
    var acks = AckBatch()
    /// To be handed back with the next turn.
    var handBacks: [UInt64] = []
    /// To be moved by the broker to the dead letters with the next turn.
    var rejects: [UInt64] = []
    /// How far the end of the consumer is: what it has in hand may still be dealt with.
    var ending = Ending.no

    /// How far the end of a channel's consumer is.
    enum Ending {
        case no
        case toBeTold
        case told
    }

    /// A channel on which nothing was delivered yet.
    init(consumer: UInt64) {
        self.consumer = consumer
        isWalked = false
    }

    /// A channel for a walk, on which a long body is read from so many prior deliveries on.
    init(walk: UInt64, readsLongFrom: Int) {
        consumer = walk
        isWalked = true
        content.readsLongFrom = readsLongFrom
    }

    /// Hands a delivery back.
    mutating func handBack(_ tag: UInt64) {
        acks.handBack(tag)
        handBacks.append(tag)
    }

    /// Lets the broker move a delivery to its queue's dead letters.
    mutating func reject(_ tag: UInt64) {
        acks.handBack(tag)
        rejects.append(tag)
    }

    /// Writes what is to be written.
    ///
    /// What is handed back or rejected goes first: an acknowledgement of all up to a later delivery must not be for it.
    ///
    /// - Returns: Whether the channel has served and can be closed.
    mutating func flush(_ connection: AMQPConnection, channel: UInt16) throws(AMQPFailure) -> Bool {
        if ending == .toBeTold {
            try connection.cancelConsumer(on: channel)
            ending = .told
        }
        for tag in handBacks { try connection.handBack(tag, on: channel) }
        handBacks.removeAll(keepingCapacity: true)
        for tag in rejects { try connection.reject(tag, on: channel) }
        rejects.removeAll(keepingCapacity: true)
        for ack in acks.flush() { try connection.acknowledge(ack.tag, multiple: ack.multiple, on: channel) }
        return ending == .told && acks.isEmpty
    }
}
