package import Messaging

// For operators, and for queues that no host consumes.
extension RabbitMQBroker {
    /// Takes the messages that wait in a queue one after the other, and lets `keeps` say which stay.
    ///
    /// What stays waits again in its order when this returns, one delivery the more, but behind messages that came back
    /// before and were not taken now. A message that comes near RabbitMQ's
    /// limit of deliveries is published anew, at the end of the queue, and its old copy acknowledged: no number of walks
    /// uses a message up. Where a policy sets a lower limit, RabbitMQ moves on what was looked at more often; the next walk
    /// takes it back first.
    ///
    /// - Parameters:
    ///   - queue: The queue's name.
    ///   - limit: The most messages to take; all are in hand until the end.
    ///   - keeps: What it throws ends the walk; the message at hand and the rest are kept.
    /// - Throws: ``BrokerError``, or what `keeps` throws.
    package func walk(_ queue: String, limit: Int, _ keeps: (Message) async throws -> Bool) async throws {
        try await bringBack(to: queue)
        // A body that is too long for memory is read only where it has to be published anew.
        try await walkThrough(queue, limit: limit, readsLongFrom: ConsumeConnection.handBacksMax) { step in
            try await keeps(step.message)
        }
    }

    /// Publishes anew what RabbitMQ has moved on from a queue that names no dead letters.
    ///
    /// Never just looked at there: it would be dropped by the same policy.
    private func bringBack(to queue: String) async throws {
        let undelivered = Topology.undelivered(queue)
        switch state {
        case .ready, .queueRefused: break
        case .away, .blocked, .mayNotPublish: return
        }
        guard await consuming.isOwn(undelivered) else { return }
        let count = try await consuming.depth(of: undelivered, delayQueues: []).ready
        guard count > 0 else { return }
        do {
            try await walkThrough(undelivered, limit: count, readsLongFrom: 0) { step in
                guard let message = step.whole else { return true }
                return try await !isTaken { () async throws(BrokerError) in
                    try await publishOrMakeAgain(message, to: queue)
                }
            }
        } catch BrokerError.queueFull {
            // Until there is room they are safe where they are.
        }
    }

    private func walkThrough(
        _ queue: String, limit: Int, readsLongFrom: Int, _ keeps: (ConsumeConnection.Step) async throws -> Bool
    ) async throws {
        let walk = try await consuming.beginWalk(queue, readsLongFrom: readsLongFrom)
        // Of those that are only handed back no body is kept: there may be many.
        var kept: [UInt64] = []
        var worn: [ConsumeConnection.Step] = []
        do {
            for _ in 0..<limit {
                guard let step = try await consuming.step(walk) else { break }
                kept.append(step.tag)
                if try await !keeps(step) {
                    try await consuming.remove(step.tag, of: walk)
                    kept.removeLast()
                } else if step.mustBePublished {
                    worn.append(step)
                }
            }
            for step in worn {
                guard let message = step.whole else { continue }
                let isTaken = try await isTaken { () async throws(BrokerError) in
                    try await publishAnew(message, to: queue, priorDeliveries: step.priorDeliveries + 1)
                }
                guard isTaken else { continue }
                try await consuming.remove(step.tag, of: walk)
                kept.removeAll { $0 == step.tag }
            }
        } catch {
            await consuming.endWalk(walk, keeping: kept)
            throw error
        }
        await consuming.endWalk(walk, keeping: kept)
    }

    /// Publishes a message that came from the broker; false where it takes none of that length any more.
    private func isTaken(_ publish: () async throws(BrokerError) -> Void) async throws(BrokerError) -> Bool {
        do throws(BrokerError) {
            try await publish()
            return true
        } catch {
            guard case .invalidMessage = error else { throw error }
            return false
        }
    }

    /// Looks at the first messages that wait in a queue and leaves them there.
    ///
    /// - Parameters:
    ///   - queue: The queue's name.
    ///   - limit: The most messages to give.
    /// - Returns: Messages in their order, which is kept where all were taken.
    /// - Throws: ``BrokerError/unknownQueue(_:)`` or ``BrokerError/unavailable(reason:)``.
    package func browse(_ queue: String, limit: Int) async throws(BrokerError) -> [Message] {
        var messages: [Message] = []
        do {
            try await walk(queue, limit: limit) { message in
                messages.append(message)
                return true
            }
        } catch let error as BrokerError {
            throw error
        } catch {
            throw .unavailable(reason: "the walk was cut off")
        }
        return messages
    }
}
