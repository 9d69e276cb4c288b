import Synchronization
import Waiting

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
        // Where the time is up first, a delivery that comes in that moment still counts.
        let result = Mutex(Result<Delivery?, BrokerError>.success(nil))
        await Deadline(after: patience, by: .continuous).wait {
            var iterator = deliveries.makeAsyncIterator()
            do throws(BrokerError) {
                let delivery = try await iterator.next()
                result.withLock { $0 = .success(delivery) }
            } catch {
                result.withLock { $0 = .failure(error) }
            }
        }
        switch result.withLock({ $0 }) {
        case .success(let delivery): return delivery
        case .failure(let error): throw error
        }
    }
}
