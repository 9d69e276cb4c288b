import FunctionKit
import Messaging
import ServiceLifecycle

/// Consumes one queue of one function until the host drains, and waits for what it began.
struct Worker: Sendable {
    /// How long a broker that failed is left alone before the next try.
    private static let retryPause = Duration.milliseconds(500)

    let queue: String
    /// The most deliveries in hand, and so the most invocations at a time.
    let prefetch: Int
    let broker: any MessageBroker
    let dispatcher: Dispatcher

    func run() async throws {
        // Let go of at its end, which gives back what the broker kept ready, and not only when all work has ended.
        var current: DeliveryStream? = try await broker.consume(queue, prefetch: prefetch)
        await withDiscardingTaskGroup { group in
            while let stream = current {
                // Bounded by the broker's prefetch: no more is delivered than may be under way.
                while case .delivery(let delivery) = await next(of: stream) {
                    group.addTask { await dispatcher.dispatch(delivery) }
                }
                current = await consumeAgain()
            }
        }
    }

    private enum Step {
        case delivery(Delivery)
        /// The stream ended or failed, or the host drains.
        case end
    }

    private func next(of deliveries: DeliveryStream) async -> Step {
        // A queue with messages would win against the signal below for a while, and take back what was handed back.
        guard dispatcher.drain.deadline == nil else { return .end }
        let delivery = await cancelWhenGracefulShutdown {
            var iterator = deliveries.makeAsyncIterator()
            // A broker that fails ends the stream; what it held comes again when it is back.
            return try? await iterator.next()
        }
        return delivery.map(Step.delivery) ?? .end
    }

    /// A new stream once the broker is back; nil once the host drains.
    private func consumeAgain() async -> DeliveryStream? {
        await cancelWhenGracefulShutdown {
            while (try? await Task.sleep(for: Self.retryPause)) != nil {
                if let stream = try? await broker.consume(queue, prefetch: prefetch) { return stream }
            }
            return nil
        }
    }
}
