import Messaging

// What is read and written.
extension ConsumeConnection {
    func read(_ connection: AMQPConnection) throws(AMQPFailure) {
        while let (channel, frame) = try connection.nextFrame() {
            switch frame {
            case .deliver(let tag, let isRedelivered):
                channels[channel]?.content.begin(tag: tag, isRedelivered: isRedelivered)
            case .header(let properties, let bodyBytes):
                if let content = channels[channel]?.content.add(properties, bodyBytes: bodyBytes) {
                    arrive(content, on: channel)
                }
            case .body(let piece):
                if let content = channels[channel]?.content.add(piece) { arrive(content, on: channel) }
            case .cancelled:
                // The queue was deleted, or its node fails.
                if channels[channel]?.ending == .no {
                    detach(channel, reason: "the broker ended the consumer")
                    suspectConsumers()
                    try connection.closeChannel(channel)
                }
            case .channelClosed(_, let reason):
                if channel == Self.controlChannel { throw .broken(reason: reason) }
                detach(channel, reason: reason)
            case .connectionClosed(let reason): throw .broken(reason: reason)
            case .confirmed, .refused, .returned, .blocked, .unblocked, .other: break
            }
        }
    }

    func arrive(_ content: ContentAssembler.Content, on channel: UInt16) {
        guard let consumer = channels[channel]?.consumer else { return }
        channels[channel]?.acks.deliver(content.tag)
        guard channels[channel]?.isWalked == false else {
            channels[channel]?.met = content
            return
        }
        guard let queue = consumers[consumer]?.queue else {
            // It came while its consumer ended.
            channels[channel]?.handBack(content.tag)
            dirty.insert(channel)
            return
        }
        guard content.longBodyBytes == nil else { return sendAway(content.tag, of: queue, on: channel) }
        let priorDeliveries = content.priorDeliveries
        let number = nextNumber()
        held[number] = DeliveriesInHand.Held(
            queue: queue, consumer: consumer, channel: channel, tag: content.tag, priorDeliveries: priorDeliveries)
        consumers[consumer]?.hasBrought = true
        consumers[consumer]?.ready.append(
            Delivery(
                message: content.message, queue: queue, tag: number,
                priorDeliveries: content.properties.priorDeliveries + priorDeliveries,
                problem: content.properties.problem))
        room.wake(consumer)
    }

    /// Sends a message away whose body is too long to be read: RabbitMQ itself moves it, whole.
    ///
    /// Where the queue is not as it was declared, it may name no dead letters, and a reject would drop the message.
    private func sendAway(_ tag: UInt64, of queue: String, on channel: UInt16) {
        if isOwn(queue), refusals[queue] == nil {
            channels[channel]?.reject(tag)
        } else {
            channels[channel]?.handBack(tag)
        }
        dirty.insert(channel)
    }

    func flush(_ connection: AMQPConnection) throws(AMQPFailure) {
        var served: [UInt16] = []
        try connection.together { () throws(AMQPFailure) in
            for channel in dirty {
                guard var state = channels[channel] else { continue }
                if try state.flush(connection, channel: channel) { served.append(channel) }
                channels[channel] = state
            }
        }
        dirty.removeAll(keepingCapacity: true)
        for channel in served {
            channels[channel] = nil
            try connection.closeChannel(channel)
        }
    }
}
