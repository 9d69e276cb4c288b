import Logging
import Messaging

// Queues that are there and give nothing.
extension ConsumeConnection {
    /// A queue that does not answer, or may not: it is looked at on a connection of its own, because RabbitMQ closes the
    /// connection that asks such a queue, or leaves it without an answer.
    ///
    /// RabbitMQ 3 saves the names of its quorum queues each half second (`ra_directory`, `auto_save`). One that was made in
    /// the half second before the server was killed is known afterwards, and has no leader, for good: whoever consumes it or
    /// publishes to it waits for ever or is cut off, after each further start too, until it is deleted.
    struct Suspect {
        /// Whether this connection made it just before it was lost.
        ///
        /// Whatever came into it in between is gone with its leader.
        var isNew = false
        /// How often it did not answer.
        var failures = 0
        var backoff = ReconnectBackoff()
        /// When it is looked at.
        var at = ContinuousClock.now
    }

    /// How long after its making a queue may be lost with the server: the loss of a connection is noticed later.
    private static let newFor = Duration.seconds(10)
    /// A look that fails may have met the end of the server itself; two do not.
    private static let failuresMax = 2
    private static let lookPause = Duration.seconds(1)
    /// How often a queue that takes nothing is asked whether it is full.
    private static let fullPause = Duration.seconds(10)

    /// Makes a queue, or checks that one with these arguments exists, and notes whether it is new.
    func make(_ queue: DeclaredQueue, _ connection: AMQPConnection) throws(AMQPFailure) {
        var isThere = true
        do {
            _ = try connection.counts(of: queue.name, on: Self.controlChannel)
        } catch .refused(404, _) {
            try connection.openChannel(Self.controlChannel)
            isThere = false
        }
        try connection.declare(queue, on: Self.controlChannel)
        guard !isThere else { return }
        if let suspect = suspects[queue.name], suspect.failures > 0 { try makeTwice(queue, connection) }
        made[queue.name] = .now
    }

    /// Makes a queue once more that was just made in place of one without a leader.
    ///
    /// The end of one without a leader leaves its old entry in RabbitMQ's directory, by which the new one would have no leader
    /// after the server's next end, however late that is; the end of one with a leader clears it.
    private func makeTwice(_ queue: DeclaredQueue, _ connection: AMQPConnection) throws(AMQPFailure) {
        // What somebody has put there by now stays.
        guard try connection.counts(of: queue.name, on: Self.controlChannel).ready == 0 else { return }
        try connection.delete(queue.name, on: Self.controlChannel)
        try connection.declare(queue, on: Self.controlChannel)
    }

    /// Takes note of the queues that were made just before the connection was lost.
    ///
    /// One that is consumed shows by itself whether it answers, and a look would count as a delivery of its first message.
    func noteNewQueues() {
        newQueues.formUnion(made.filter { .now - $0.value < Self.newFor }.keys)
        made = [:]
        for queue in newQueues where !consumers.values.contains(where: { $0.queue == queue }) { suspect(queue) }
    }

    /// Takes note of a queue at which the connection broke, or which may not answer.
    func suspect(_ queue: String) {
        guard suspects[queue] == nil else { return }
        suspects[queue] = Suspect(isNew: newQueues.contains(queue))
    }

    /// Suspects a queue that refuses a publish as if it were full, and holds nothing: RabbitMQ says the same for one without a
    /// leader.
    ///
    /// - Parameter queue: Where nothing has taken a message; one that was not declared here is left alone.
    func suspectUnlessFull(_ queue: String) {
        guard topology.contains(where: { $0.name == queue }), suspects[queue] == nil,
            askedWhetherFull[queue].map({ .now - $0 >= Self.fullPause }) ?? true
        else { return }
        askedWhetherFull[queue] = .now
        let counts = try? request(about: queue) { connection throws(AMQPFailure) in
            try connection.counts(of: queue, on: Self.controlChannel)
        }
        guard counts?.ready == 0 else { return }
        suspect(queue)
        thread.wake()
    }

    /// Looks at the suspects whose time has come, and deals with what the last look gave.
    func lookAtSuspects(_ connection: AMQPConnection) throws(AMQPFailure) {
        if let look, let result = look.connector.take() {
            self.look = nil
            for queue in look.answered { clear(queue) }
            if case .failure(let error) = result {
                // Those behind are looked at after it.
                if let queue = look.asked { try note("\(error)", of: queue, connection) } else { putOff(look.queues) }
            }
        }
        let due = suspects.filter { $0.value.at <= .now }.keys
        guard look == nil, !due.isEmpty else { return }
        let look = SuspectLook(queues: due.sorted())
        self.look = look
        look.begin(configuration, whenDone: { [thread] in thread.wake() })
    }

    /// The broker was not reached; the suspects are looked at a little later.
    private func putOff(_ queues: [String]) {
        for queue in queues { suspects[queue]?.at = .now + Self.lookPause }
    }

    /// Takes note of a suspect that did not answer.
    private func note(_ reason: String, of queue: String, _ connection: AMQPConnection) throws(AMQPFailure) {
        guard var suspect = suspects[queue] else { return }
        suspect.failures += 1
        let declared = topology.first { $0.name == queue }
        if let declared, suspect.isNew, suspect.failures >= Self.failuresMax {
            logger.warning(
                "queue has no leader since the broker's end; it is deleted and made again",
                metadata: [LogKey.queue: "\(queue)"])
            suspects[queue] = suspect
            try connection.delete(queue, on: Self.controlChannel)
            try make(declared, connection)
            return clear(queue)
        }
        var generator = SystemRandomNumberGenerator()
        suspect.at = .now + Self.lookPause + suspect.backoff.next(using: &generator)
        suspects[queue] = suspect
        unreadable[queue] = .refused(
            queue: queue,
            reason: "RabbitMQ knows it and does not serve it (\(reason)). In a cluster without its majority it comes"
                + " back with that; else ask `rabbitmq-queues quorum_status` for its leader, and delete it if none is named"
        )
    }

    /// It answers, or is new.
    private func clear(_ queue: String) {
        suspects[queue] = nil
        newQueues.remove(queue)
        unreadable[queue] = nil
        for (number, consumer) in consumers where consumer.queue == queue && consumer.channel == nil {
            consumers[number]?.nextTry = .now
        }
    }
}
