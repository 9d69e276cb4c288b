import FoundationEssentials
import Logging
import Messaging
import ServiceLifecycle

/// Takes parked messages back once their budget is open again, be it by its turn or by a raise.
struct Parking: Sendable {
    /// How often a budget is looked at while messages wait for it.
    ///
    /// A raise is seen within this time.
    private static let interval = Duration.seconds(1)

    let queues: FunctionQueues
    let broker: any MessageBroker
    /// Whether a budget has something left now.
    let hasRoom: @Sendable (_ budget: String) async -> Bool
    let logger: Logger

    func run() async {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await takeBack()
                try? await Task.sleep(for: Self.interval)
            }
        }
    }

    /// Moves messages back to the waiting queue as long as their budgets are open.
    private func takeBack() async {
        do {
            guard try await broker.depth(of: queues.parked).ready > 0 else { return }
            let parked = try await broker.consume(queues.parked, prefetch: 1)
            for try await delivery in parked {
                guard try await move(delivery), try await broker.depth(of: queues.parked).ready > 0 else { return }
            }
        } catch {
            // Tried again after the interval; what is in hand then was handed back by the broker or is below.
            logger.debug("parked messages cannot be reached", metadata: [LogKey.error: "\(type(of: error))"])
        }
    }

    /// False where the message stays parked.
    private func move(_ delivery: Delivery) async throws -> Bool {
        var headers = (try? MessageHeaders(delivery.message.headers)) ?? MessageHeaders()
        if let budget = headers.budget, !(await hasRoom(budget)) {
            try await broker.handBack(delivery)
            return false
        }
        headers.budget = nil
        headers.opensAt = nil
        var message = delivery.message
        message.headers = headers.texts
        do {
            try await broker.publish(message, to: queues.waiting)
        } catch {
            try await broker.handBack(delivery)
            throw error
        }
        try await broker.acknowledge(delivery)
        return true
    }
}
