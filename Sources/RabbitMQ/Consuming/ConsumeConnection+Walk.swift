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
        let message: Message
        let tag: UInt64
        /// How often it was delivered before, with earlier copies.
        let priorDeliveries: Int
        /// Whether it is to be published anew instead of handed back.
        let mustBePublished: Bool
    }

    /// Begins to take messages of a queue.
    func beginWalk(_ queue: String) throws(BrokerError) -> Walk {
        let connection = try live()
        let walk = Walk(number: nextNumber(), channel: try freeChannel(), queue: queue)
        do { try connection.openChannel(walk.channel) } catch {
            lose(error.reason)
            throw .unavailable(reason: error.reason)
        }
        channels[walk.channel] = ConsumedChannel(consumer: walk.number)
        return walk
    }

    /// The next message that waits; nil at the end.
    func step(_ walk: Walk) throws(BrokerError) -> Step? {
        let connection = try live(walk)
        do {
            guard let content = try connection.get(walk.queue, on: walk.channel) else { return nil }
            channels[walk.channel]?.acks.deliver(content.tag)
            return Step(
                message: content.message, tag: content.tag,
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
