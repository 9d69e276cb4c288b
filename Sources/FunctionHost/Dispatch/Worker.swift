import FunctionKit
import Messaging
import ServiceLifecycle

/// Consumes one queue of one function until the host drains, and waits for what it began.
///
/// While the host is in trouble it lets go of the queue and takes one message now and then; while it may not publish, none.
struct Worker: Sendable {
    /// How long a broker that failed is left alone before the next try.
    private static let retryPause = Duration.milliseconds(500)

    let queue: String
    /// The most deliveries in hand, and so the most invocations at a time.
    let prefetch: Int
    let broker: any MessageBroker
    let dispatcher: Dispatcher

    private var troubles: TroubleGate { dispatcher.troubles }

    func run() async throws {
        // Let go of at its end, which gives back what the broker kept ready, and not only when all work has ended.
        var current = try await consumeAtStart()
        await withDiscardingTaskGroup { group in
            while let permit = await troubles.permit() {
                if await broker.mayNotPublish {
                    current = nil
                    // No event tells that it may again.
                    _ = await cancelWhenGracefulShutdown { try? await Task.sleep(for: Self.retryPause) }
                    continue
                }
                switch permit.mode {
                case .all:
                    if let stream = current {
                        // Bounded by the broker's prefetch: no more is delivered than may be under way.
                        while case .delivery(let delivery) = await next(of: stream, permit) {
                            group.addTask { await dispatcher.dispatch(delivery) }
                        }
                        current = nil
                    } else {
                        current = await consumeAgain(prefetch: prefetch)
                    }
                case .one:
                    guard let delivery = await takeOne(permit) else { continue }
                    let isProbe = troubles.beginProbe()
                    group.addTask {
                        await dispatcher.dispatch(delivery, isProbe: isProbe)
                        if isProbe { troubles.endProbe() }
                    }
                }
            }
        }
    }

    /// The first stream; nil where the broker, which was there a moment ago, is away.
    ///
    /// - Throws: ``BrokerError`` where it does not give the queue.
    private func consumeAtStart() async throws(BrokerError) -> DeliveryStream? {
        do throws(BrokerError) {
            return try await broker.consume(queue, prefetch: prefetch)
        } catch .unavailable {
            return nil
        }
    }

    private enum Step {
        case delivery(Delivery)
        /// The stream ended or failed, the host drains, or it got into trouble.
        case end
    }

    private func next(of deliveries: DeliveryStream, _ permit: TroubleGate.Permit) async -> Step {
        // A queue with messages would win against the signal below for a while, and take back what was handed back.
        guard troubles.isValid(permit) else { return .end }
        let taken = await withTaskGroup(of: Step.self) { group in
            group.addTask {
                var iterator = deliveries.makeAsyncIterator()
                // A broker that fails ends the stream; what it held comes again when it is back.
                let delivery = try? await iterator.next()
                return delivery.map(Step.delivery) ?? .end
            }
            group.addTask {
                await troubles.expiry(of: permit)
                return .end
            }
            var step = Step.end
            for await result in group {
                // What was delivered in the last moment is dealt with, too.
                if case .delivery = result { step = result }
                group.cancelAll()
            }
            return step
        }
        guard case .delivery(let delivery) = taken, await broker.mayNotPublish else { return taken }
        // One that cannot even be handed back now is kept until it can.
        return (try? await broker.handBack(delivery)) == nil ? taken : .end
    }

    /// One message, and the queue is let go of before it is dealt with: the next ones are for others.
    private func takeOne(_ permit: TroubleGate.Permit) async -> Delivery? {
        guard let stream = await consumeAgain(prefetch: 1) else { return nil }
        if case .delivery(let delivery) = await next(of: stream, permit) { return delivery }
        return nil
    }

    /// A new stream once the broker is back; nil once the host drains.
    private func consumeAgain(prefetch: Int) async -> DeliveryStream? {
        await cancelWhenGracefulShutdown {
            while (try? await Task.sleep(for: Self.retryPause)) != nil {
                if let stream = try? await broker.consume(queue, prefetch: prefetch) { return stream }
            }
            return nil
        }
    }
}
