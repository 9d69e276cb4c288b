import Messaging

// One message after the other.
extension ConsumeConnection {
    /// A channel on which messages are taken one by one, and what was taken.
    struct Walk {
        let number: UInt64
        let channel: UInt16
        let queue: String
    }

    /// A message that a walk has met.
    struct Step {
        /// The message; where its body is too long, without it.
        let message: Message
        /// The message with its body; nil where that was not read.
        let whole: Message?
        let tag: UInt64
        /// How often it was delivered before, with earlier copies.
        let priorDeliveries: Int
        /// Whether it is to be published anew instead of handed back.
        let mustBePublished: Bool
    }

    /// Begins to take messages of a queue; a body that is too long for memory is read from so many prior deliveries on.
    func beginWalk(_ queue: String, readsLongFrom: Int) throws(BrokerError) -> Walk {
        let connection = try live()
        let walk = Walk(number: nextNumber(), channel: try freeChannel(), queue: queue)
        do { try connection.openChannel(walk.channel) } catch {
            lose(error.reason)
            throw .unavailable(reason: error.reason)
        }
        channels[walk.channel] = ConsumedChannel(walk: walk.number, readsLongFrom: readsLongFrom)
        return walk
    }

    /// The next message that waits; nil at the end.
    func step(_ walk: Walk) throws(BrokerError) -> Step? {
        let connection = try live(walk)
        do {
            guard let content = try next(of: walk, connection) else { return nil }
            return Step(
                message: content.message, whole: content.whole, tag: content.tag,
                priorDeliveries: content.properties.priorDeliveries + content.priorDeliveries,
                mustBePublished: content.priorDeliveries >= Self.handBacksMax)
        } catch .refused(let code, let reason) {
            channels[walk.channel] = nil
            throw BrokerError(refusal: code, reason: reason, queue: walk.queue, needing: "read")
        } catch {
            lose(error.reason)
            throw .unavailable(reason: error.reason)
        }
    }

    /// Asks for a message and reads, beside all else that comes, until it is there.
    private func next(of walk: Walk, _ connection: AMQPConnection) throws(AMQPFailure) -> ContentAssembler.Content? {
        guard let (tag, isRedelivered) = try connection.get(walk.queue, on: walk.channel) else { return nil }
        channels[walk.channel]?.content.begin(tag: tag, isRedelivered: isRedelivered)
        while true {
            try read(connection)
            guard let channel = channels[walk.channel] else { throw .broken(reason: "the channel is lost") }
            if let content = channel.met {
                channels[walk.channel]?.met = nil
                return content
            }
            try connection.waitForFrame(milliseconds: configuration.answerMilliseconds)
        }
    }

    /// A message of a walk is dealt with.
    func remove(_ tag: UInt64, of walk: Walk) throws(BrokerError) {
        _ = try live(walk)
        channels[walk.channel]?.acks.acknowledge(tag)
        dirty.insert(walk.channel)
    }

    /// Ends a walk and gives these messages back, in their order: when this returns, they wait again.
    func endWalk(_ walk: Walk, keeping kept: [UInt64]) {
        guard let connection = try? live(walk), var channel = channels.removeValue(forKey: walk.channel) else { return }
        for tag in kept { channel.handBack(tag) }
        do {
            try connection.together { () throws(AMQPFailure) in
                _ = try channel.flush(connection, channel: walk.channel)
            }
            try connection.closeChannel(walk.channel)
        } catch {
            lose(error.reason)
        }
    }

    /// The connection, while a walk's channel is still its own.
    func live(_ walk: Walk) throws(BrokerError) -> AMQPConnection {
        let connection = try live()
        guard channels[walk.channel]?.consumer == walk.number else { throw .unavailable(reason: "the channel is lost") }
        return connection
    }

    func freeChannel() throws(BrokerError) -> UInt16 {
        guard let channel = (2...UInt16.max).first(where: { channels[$0] == nil }) else {
            throw .unavailable(reason: "no channel is free")
        }
        return channel
    }
}
