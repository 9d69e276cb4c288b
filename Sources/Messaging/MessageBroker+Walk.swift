extension MessageBroker {
    /// From how many prior deliveries on a kept message is published anew instead of handed back: half of the delivery
    /// limit of 20, so that walks do not use a message up.
    private static var priorDeliveriesMax: Int { 10 }
    /// How long the next message may take to come before the rest counts as gone: another operator has it.
    private static var patience: Duration { .seconds(1) }

    /// Consumes the messages, and gives back those that stay when all were seen.
    ///
    /// What stays is handed back, which counts as a delivery, or, where it has many of those already, published anew at the
    /// end of the queue, confirmed, and its old copy acknowledged. A crash between these two steps leaves it there twice.
    ///
    /// - Parameters:
    ///   - queue: The name of a declared queue.
    ///   - limit: The most messages to take.
    ///   - keeps: What it throws ends the walk; the message at hand and the rest are kept.
    /// - Throws: ``BrokerError``, or what `keeps` throws.
    package func walk(_ queue: String, limit: Int, _ keeps: (Message) async throws -> Bool) async throws {
        let depth = try await depth(of: queue)
        // Those in other hands may come back in a moment: a walk that was cut off has let go of them.
        let count = min(limit, depth.ready + depth.delivered)
        guard count > 0 else { return }
        let deliveries = try await consume(queue, prefetch: count)
        var kept: [Delivery] = []
        var failure: (any Error)?
        do {
            for _ in 0..<count {
                guard let delivery = try await Self.next(of: deliveries, within: Self.patience) else { break }
                kept.append(delivery)
                if try await !keeps(delivery.message) {
                    try await acknowledge(delivery)
                    kept.removeLast()
                }
            }
        } catch {
            failure = error
        }
        do {
            try await keep(kept)
        } catch {
            // The broker's close gives the rest back.
            failure = failure ?? error
        }
        if let failure { throw failure }
    }

    private func keep(_ deliveries: [Delivery]) async throws(BrokerError) {
        let isWorn = { (delivery: Delivery) in delivery.priorDeliveries >= Self.priorDeliveriesMax }
        // The last first: what comes back stands in front.
        for delivery in deliveries.reversed() where !isWorn(delivery) { try await handBack(delivery) }
        for delivery in deliveries where isWorn(delivery) {
            try await publish(delivery.message, to: delivery.queue)
            try await acknowledge(delivery)
        }
    }

    private static func next(
        of deliveries: DeliveryStream, within patience: Duration
    ) async throws(BrokerError) -> Delivery? {
        let result = await withTaskGroup(of: Result<Delivery?, BrokerError>?.self) { group in
            group.addTask {
                var iterator = deliveries.makeAsyncIterator()
                do throws(BrokerError) {
                    return .success(try await iterator.next())
                } catch {
                    return .failure(error)
                }
            }
            group.addTask {
                try? await Task.sleep(for: patience)
                return nil
            }
            // Where the time is up first, a delivery that comes in that moment still counts.
            let first = await group.next() ?? nil
            group.cancelAll()
            guard first == nil else { return first }
            return await group.next() ?? nil
        }
        // Spelled out: with a typed error, `try result?.get() ?? nil` gave nothing once optimised.
        switch result {
        case .success(let delivery): return delivery
        case .failure(let error): throw error
        case nil: return nil
        }
    }
}
