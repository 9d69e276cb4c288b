import Logging
import Messaging

// Losing and finding consumers and the connection.
extension ConsumeConnection {
    func attach(_ number: UInt64, _ connection: AMQPConnection) throws(AMQPFailure) {
        guard let consumer = consumers[number] else { return }
        guard let channel = (2...UInt16.max).first(where: { channels[$0] == nil }) else {
            throw .refused(code: 504, reason: "no channel is free")
        }
        try connection.openChannel(channel)
        channels[channel] = ConsumedChannel(consumer: number)
        do {
            try connection.consume(consumer.queue, prefetch: consumer.prefetch, on: channel)
        } catch {
            channels[channel] = nil
            throw error
        }
        consumers[number]?.channel = channel
        consumers[number]?.nextTry = nil
        consumers[number]?.backoff.reset()
        if consumer.isToldLost {
            consumers[number]?.isToldLost = false
            logger.notice("consumer is back", metadata: [LogKey.queue: "\(consumer.queue)"])
        }
    }

    /// Starts those consumers again whose time has come; a missing queue is made again.
    func attachDetached(_ connection: AMQPConnection) throws(AMQPFailure) {
        let due = consumers.filter { $0.value.nextTry.map { $0 <= .now } ?? false }.keys.sorted()
        guard mustDeclare || !due.isEmpty else { return }
        try declareTopology(connection)
        mustDeclare = false
        for number in due {
            do {
                try attach(number, connection)
            } catch .refused(_, let reason) {
                plan(number, reason: reason)
            }
        }
    }

    func declareTopology(_ connection: AMQPConnection) throws(AMQPFailure) {
        for queue in topology {
            do {
                try connection.declare(queue, on: Self.controlChannel)
                if refusals.removeValue(forKey: queue.name) != nil {
                    logger.notice("queue is made again", metadata: [LogKey.queue: "\(queue.name)"])
                }
            } catch .refused(_, let reason) {
                try connection.openChannel(Self.controlChannel)
                // Once: it is tried again and again.
                guard refusals.updateValue(reason, forKey: queue.name) != reason else { continue }
                logger.error(
                    "queue cannot be made again", metadata: [LogKey.queue: "\(queue.name)", LogKey.error: "\(reason)"])
            }
        }
    }

    /// Forgets a channel that the broker has closed or no longer feeds; its messages are delivered again.
    func detach(_ channel: UInt16, reason: String) {
        guard let old = channels.removeValue(forKey: channel) else { return }
        forget { $0.channel == channel }
        plan(old.consumer, reason: reason)
    }

    /// Forgets what was in hand, and tells those who wait for its loss.
    private func forget(where isLost: (DeliveriesInHand.Held) -> Bool) {
        for number in held.remove(where: isLost) { room.wake(number, atMost: .max) }
    }

    func plan(_ number: UInt64, reason: String) {
        guard var consumer = consumers[number] else { return }
        logger.log(
            level: consumer.isToldLost ? .debug : .warning, "consumer lost; it is started again",
            metadata: [LogKey.queue: "\(consumer.queue)", LogKey.error: "\(reason)"])
        consumer.isToldLost = true
        consumer.channel = nil
        consumer.ready = []
        var generator = SystemRandomNumberGenerator()
        consumer.nextTry = .now + consumer.backoff.next(using: &generator)
        consumers[number] = consumer
    }

    func lose(_ reason: String) {
        guard connection != nil else { return }
        logger.warning(
            "connection to the broker lost", metadata: [LogKey.connection: "consume", LogKey.error: "\(reason)"])
        connection = nil
        channels = [:]
        dirty = []
        forget { _ in true }
        for number in consumers.keys {
            consumers[number]?.channel = nil
            consumers[number]?.ready = []
        }
        planNextTry(reason)
    }

    func planNextTry(_ reason: String) {
        board.set(.consuming, .away(reason: reason))
        var generator = SystemRandomNumberGenerator()
        nextTry = .now + backoff.next(using: &generator)
    }

    func beginToConnect() {
        nextTry = nil
        connector.begin(
            configuration, purpose: "consume",
            prepare: { connection throws(AMQPFailure) in try connection.openChannel(Self.controlChannel) },
            whenDone: { [thread] in thread.wake() })
    }

    func adopt(_ result: Result<AMQPConnection, RabbitMQError>) {
        switch result {
        case .success(let connection):
            self.connection = connection
            connection.ownQueues = Set(topology.map(\.name))
            backoff.reset()
            told = []
            mustDeclare = true
            // They come one after the other.
            checkedAt = .now
            for number in consumers.keys { consumers[number]?.nextTry = .now }
            board.set(.consuming, .ready)
            if firstConnection == nil {
                logger.notice("connection to the broker is back", metadata: [LogKey.connection: "consume"])
            }
        case .failure(let error) where firstConnection == nil:
            // Each reason once: a login that is refused is no network that is gone.
            logger.log(
                level: told.insert("\(error)").inserted ? .warning : .debug, "broker not reached; it is tried again",
                metadata: [LogKey.connection: "consume", LogKey.error: "\(error)"])
            planNextTry("\(error)")
        // The first one who asks decides whether to try again.
        case .failure: break
        }
        firstConnection?.resume(returning: result.map { _ in })
        firstConnection = nil
    }
}
