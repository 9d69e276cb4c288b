import Messaging

// Making and counting queues.
extension ConsumeConnection {
    /// Makes queues, now and whenever the broker comes back.
    func declare(_ queues: [DeclaredQueue]) throws(BrokerError) {
        for queue in queues {
            try request(about: queue.name) { connection throws(AMQPFailure) in
                try connection.declare(queue, on: Self.controlChannel)
            }
            if !topology.contains(queue) { topology.append(queue) }
        }
    }

    /// Counts the messages of a queue and of its delays.
    func depth(of queue: String, delayQueues: [String]) throws(BrokerError) -> QueueDepth {
        let count = { (name: String) throws(BrokerError) in
            try self.request(about: name) { connection throws(AMQPFailure) in
                try connection.readyCount(of: name, on: Self.controlChannel)
            }
        }
        var depth = QueueDepth(ready: try count(queue), delivered: 0, delayed: 0)
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
            return try body(connection)
        } catch .refused(let code, let reason) {
            do { try connection.openChannel(Self.controlChannel) } catch { lose(error.reason) }
            throw BrokerError(refusal: code, reason: reason, queue: queue)
        } catch {
            lose(error.reason)
            throw .unavailable(reason: error.reason)
        }
    }
}
