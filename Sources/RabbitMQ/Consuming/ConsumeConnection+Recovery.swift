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
            if case .broken = error { suspect(consumer.queue) }
            throw error
        }
        newQueues.remove(consumer.queue)
        consumers[number]?.channel = channel
        consumers[number]?.nextTry = nil
        consumers[number]?.backoff.reset()
        unreadable[consumer.queue] = nil
        if consumer.isToldLost {
            consumers[number]?.isToldLost = false
            logger.notice("consumer is back", metadata: [LogKey.queue: "\(consumer.queue)"])
        }
    }

    /// Starts those consumers again whose time has come; a missing queue is made again.
    func attachDetached(_ connection: AMQPConnection) throws(AMQPFailure) {
        // Those of a suspect go on once it has answered.
        for (number, consumer) in consumers where suspects[consumer.queue] != nil { consumers[number]?.nextTry = nil }
        let due = consumers.filter { $0.value.nextTry.map { $0 <= .now } ?? false }.keys.sorted()
        let isDeclareDue = declareAt.map { $0 <= .now } ?? false
        guard mustDeclare || isDeclareDue || !due.isEmpty else { return }
        try declareTopology(connection)
        mustDeclare = false
        for number in due {
            do {
                try attach(number, connection)
            } catch .refused(let code, let reason) {
                if let queue = consumers[number]?.queue { noteRefusal(code, reason, of: queue) }
                plan(number, reason: reason)
            }
        }
    }

    func declareTopology(_ connection: AMQPConnection) throws(AMQPFailure) {
        for queue in topology { try declareAgain(queue, connection) }
        guard !refusals.isEmpty else {
            declareAt = nil
            return declareBackoff.reset()
        }
        var generator = SystemRandomNumberGenerator()
        declareAt = .now + declareBackoff.next(using: &generator)
    }

    /// Makes a queue where it is missing, and notes whether the broker lets this user.
    func declareAgain(_ queue: DeclaredQueue, _ connection: AMQPConnection) throws(AMQPFailure) {
        do {
            try make(queue, connection)
            refusals[queue.name] = nil
        } catch .refused(let code, let reason) {
            try connection.openChannel(Self.controlChannel)
            refusals[queue.name] = BrokerError(refusal: code, reason: reason, queue: queue.name)
            if declareAt == nil { declareAt = .now }
        }
    }

    /// A queue was not given to a consumer.
    @discardableResult
    func noteRefusal(_ code: Int, _ reason: String, of queue: String) -> BrokerError {
        if code == 404, let refusal = refusals[queue] { return refusal }
        let error = BrokerError(refusal: code, reason: reason, queue: queue, needing: "read")
        if code == 403 { unreadable[queue] = error }
        return error
    }

    /// Says that the broker refuses something, once when it begins and once when all is given again.
    func tellRefusals() {
        // One stands for all: mostly it is one right or one limit that is behind them.
        let all = refusals.merging(unreadable) { $1 }.sorted { $0.key < $1.key }
        let first = all.first { $0.value.isRefusal } ?? all.first
        guard first?.value != refusal else { return }
        if refusal == nil, let first {
            logger.error(
                "broker refuses a queue; it is asked for again",
                metadata: [LogKey.queue: "\(first.key)", LogKey.error: "\(first.value)"])
        } else if first == nil {
            logger.notice("broker refuses no queue any more")
        }
        refusal = first?.value
        setState()
    }

    /// Says how things are while the broker is reached.
    func setState() {
        // One that exists with other limits serves all the same.
        let reason = refusal.flatMap { $0.isRefusal ? $0.description : nil }
        board.set(.consuming, reason.map { .queueRefused(reason: $0) } ?? .ready)
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
        // A queue that is refused is told of by itself.
        let isTold = consumer.isToldLost || unreadable[consumer.queue] != nil
        logger.log(
            level: isTold ? .debug : .warning, "consumer lost; it is started again",
            metadata: [LogKey.queue: "\(consumer.queue)", LogKey.error: "\(reason)"])
        if !isTold { consumer.isToldLost = true }
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
        noteNewQueues()
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
            setState()
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
