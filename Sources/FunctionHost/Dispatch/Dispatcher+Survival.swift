import History
import Logging
import Messaging

// Where messages run alone, a delivery counts as an attempt that ended its process, unless it is known that it did not:
// a connection that is lost takes deliveries away from a host that lives on.
extension Dispatcher {
    /// How many of a message's earlier deliveries ended their process; 0 but where messages run alone.
    ///
    /// What was delivered from the waiting queue before moves on to where it runs alone. There one message is out at a
    /// time, so each earlier delivery was an attempt of its own.
    func processDeaths(in delivery: Delivery) async throws -> Int {
        guard let lone = lone(delivery), lone.priorDeliveries > 0 else { return 0 }
        return try await lone.priorDeliveries - history.survivals(before: lone)
    }

    /// Does something with a delivery and, where it runs alone, notes its loss as soon as that is seen.
    ///
    /// Not only at the end: until then the message may be delivered to other hosts, again and again.
    func notingLoss(of delivery: Delivery, _ body: () async -> Outcome) async -> Outcome {
        guard delivery.queue == queues.alone else { return await body() }
        return await withDiscardingTaskGroup { group in
            group.addTask {
                await broker.waitForLoss(of: delivery)
                if await !broker.holds(delivery) { await noteSurvival(of: delivery) }
            }
            let outcome = await body()
            group.cancelAll()
            return outcome
        }
    }

    /// Acknowledges a delivery; where it runs alone, it is noted before, since the acknowledgement may be lost too.
    func acknowledge(_ delivery: Delivery) async throws(BrokerError) {
        await noteSurvival(of: delivery)
        try await broker.acknowledge(delivery)
    }

    /// Notes that a delivery has not ended this process; of use only where messages run alone.
    func noteSurvival(of delivery: Delivery) async {
        guard let lone = lone(delivery) else { return }
        do {
            try await history.noteSurvival(of: lone)
        } catch {
            logger.warning(
                "a delivery could not be noted; where it is lost, it counts as the end of a process",
                metadata: [LogKey.questionID: "\(lone.questionID)", LogKey.error: "\(Self.name(of: error))"])
        }
    }

    private func lone(_ delivery: Delivery) -> LoneDelivery? {
        guard delivery.queue == queues.alone, let headers = try? MessageHeaders(delivery.message.headers) else {
            return nil
        }
        return LoneDelivery(
            questionID: delivery.message.id, function: settings.name, attempt: headers.attempt,
            priorDeliveries: delivery.priorDeliveries)
    }
}
