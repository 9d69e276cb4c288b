import Messaging
import ServiceLifecycle

/// Consumes one queue of one function until the host drains, and waits for what it began.
struct Worker: Sendable {
    let queue: String
    /// The most deliveries in hand, and so the most invocations at a time.
    let prefetch: Int
    let broker: any MessageBroker
    let dispatcher: Dispatcher

    func run() async throws {
        let deliveries = try await broker.consume(queue, prefetch: prefetch)
        await withDiscardingTaskGroup { group in
            // Bounded by the broker's prefetch: no more is delivered than may be under way.
            while let delivery = await next(of: deliveries) {
                group.addTask { await dispatcher.dispatch(delivery) }
            }
        }
    }

    /// The next delivery; nil once the host drains or the broker is closed.
    private func next(of deliveries: DeliveryStream) async -> Delivery? {
        await cancelWhenGracefulShutdown {
            var iterator = deliveries.makeAsyncIterator()
            // A broker that is gone ends the stream; what it held comes again when it is back.
            return try? await iterator.next()
        }
    }
}
