import Logging
import Messaging

// Making and counting queues.
extension ConsumeConnection {
    /// Makes queues, now and whenever the broker comes back.
    func declare(_ queues: [DeclaredQueue]) throws(BrokerError) {
        for queue in queues {
            try request(about: queue.name) { connection throws(AMQPFailure) in
                try make(queue, connection)
            }
            if !topology.contains(queue) { topology.append(queue) }
            connection?.ownQueues.insert(queue.name)
        }
    }

    /// Whether a queue was declared here.
    func isOwn(_ queue: String) -> Bool { topology.contains { $0.name == queue } }

    /// Makes a queue again that was declared here and is missing, with all others that are.
    ///
    /// - Returns: False for one that was not declared here.
    func makeAgain(_ queue: String) throws(BrokerError) -> Bool {
        guard isOwn(queue) else { return false }
        _ = try request(about: queue) { connection throws(AMQPFailure) in
            try connection.counts(of: queue, on: Self.controlChannel)
        }
        return true
    }

    /// Makes those queues again that are missing, because somebody has deleted one.
    ///
    /// RabbitMQ may forget to tell its consumers of the end of a queue that is there again at once.
    func makeMissing(_ queue: String, _ connection: AMQPConnection) throws(AMQPFailure) {
        if refusals[queue] == nil {
            logger.warning("queue is missing; it is made again", metadata: [LogKey.queue: "\(queue)"])
        }
        suspectConsumers()
        try declareTopology(connection)
        try restartConsumers(of: queue, connection, reason: "the queue was deleted")
    }

    /// Lets the consumers of a queue begin anew.
    func restartConsumers(of queue: String, _ connection: AMQPConnection, reason: String) throws(AMQPFailure) {
        for consumer in consumers.values where consumer.queue == queue {
            guard let channel = consumer.channel, channels[channel]?.ending == .no else { continue }
            detach(channel, reason: reason)
            try connection.closeChannel(channel)
        }
    }

    /// Looks whether the broker still knows the consumers of this connection.
    func checkConsumers(_ connection: AMQPConnection) throws(AMQPFailure) {
        guard checkedAt.map({ .now - $0 >= Self.checkPause }) ?? true else { return }
        checkedAt = .now
        var unknown: Set<String> = []
        for queue in Set(consumers.values.filter { $0.channel != nil }.map(\.queue)) {
            do {
                guard try connection.counts(of: queue, on: Self.controlChannel).consumers == 0 else { continue }
                // The second time: a queue whose leader moves counts none for a moment.
                if unknownConsumers.contains(queue) {
                    try restartConsumers(of: queue, connection, reason: "the broker does not know it")
                } else {
                    unknown.insert(queue)
                }
            } catch .refused(let code, _) {
                try connection.openChannel(Self.controlChannel)
                if code == 404, isOwn(queue) { try makeMissing(queue, connection) }
            }
        }
        unknownConsumers = unknown
        // Nothing else tells that this user may make no queues any more; the first stands for all.
        if let queue = topology.first { try declareAgain(queue, connection) }
    }

    /// Counts the messages of a queue and of its delays, with those that the broker has moved on because they were looked at
    /// too often.
    func depth(of queue: String, delayQueues: [String]) throws(BrokerError) -> QueueDepth {
        let count = { (name: String) throws(BrokerError) in
            try self.request(about: name) { connection throws(AMQPFailure) in
                try connection.counts(of: name, on: Self.controlChannel).ready
            }
        }
        var depth = QueueDepth(ready: try count(queue), delivered: 0, delayed: 0)
        if isOwn(Topology.undelivered(queue)) { depth.ready += try count(Topology.undelivered(queue)) }
        for name in delayQueues { depth.delayed += try count(name) }
        let inHand = held.count(of: queue)
        depth.ready += inHand.ready
        depth.delivered += inHand.taken
        return depth
    }

    func live() throws(BrokerError) -> AMQPConnection {
        guard !isClosed else { throw .unavailable(reason: "it was closed") }
        guard let connection else { throw .unavailable(reason: "the connection is down") }
        return connection
    }

    /// Makes a request on the control channel, which a refusal closes.
    func request<Value>(
        about queue: String, _ body: (AMQPConnection) throws(AMQPFailure) -> Value
    ) throws(BrokerError) -> Value {
        let connection = try live()
        do {
            do {
                return try body(connection)
            } catch .refused(404, _) where isOwn(queue) {
                // Somebody has deleted it.
                try connection.openChannel(Self.controlChannel)
                try makeMissing(queue, connection)
                return try body(connection)
            }
        } catch .refused(let code, let reason) {
            do { try connection.openChannel(Self.controlChannel) } catch { lose(error.reason) }
            // It is missing because it could not be made again.
            if code == 404, let refusal = refusals[queue] { throw refusal }
            throw BrokerError(refusal: code, reason: reason, queue: queue)
        } catch {
            lose(error.reason)
            throw .unavailable(reason: error.reason)
        }
    }
}
