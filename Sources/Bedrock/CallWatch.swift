package import CoreMetrics
package import FoundationEssentials
import Synchronization

/// Sees each paid call begin and end: for the metrics, and for whoever must know whether one is under way.
package final class CallWatch: Sendable {
    /// How a call ended, as a constant name of a closed set.
    enum Outcome: String {
        case answered
        case throttled
        case refused
        case unanswered = "no-answer"
    }

    /// What an answer told of this machine's clock.
    private struct ToldTime {
        /// How far the clock was ahead.
        let offset: TimeInterval
        /// What it showed when the answer came.
        let wall: Date
        let instant: ContinuousClock.Instant

        /// How far it is ahead where it shows `now`: whoever set it since has changed that.
        func offset(at now: Date) -> TimeInterval {
            offset + now.timeIntervalSince(wall) - (.now - instant) / .seconds(1)
        }
    }

    /// Whether calls are under way, at each change; only the last one is kept for who does not keep up.
    package let changes: AsyncStream<Bool>

    private let feed: AsyncStream<Bool>.Continuation
    private let inFlight = Mutex(0)
    private let told = Mutex<ToldTime?>(nil)
    private let metrics: any MetricsFactory
    private let now: @Sendable () -> Date

    /// Makes a watch without calls.
    ///
    /// - Parameters:
    ///   - metrics: Gets `bedrock.call.duration` and `bedrock.calls.in_flight`.
    ///   - now: This machine's clock, which anybody may set.
    package init(
        metrics: any MetricsFactory = NOOPMetricsHandler.instance, now: @escaping @Sendable () -> Date = { .now }
    ) {
        self.metrics = metrics
        self.now = now
        (changes, feed) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Watches a call.
    func call<Value>(
        of model: String, _ body: () async throws(BedrockError) -> Value
    ) async throws(BedrockError) -> Value {
        let start = ContinuousClock.now
        change(by: 1)
        defer { change(by: -1) }
        do throws(BedrockError) {
            let value = try await body()
            ended(model, .answered, start)
            return value
        } catch {
            ended(model, Outcome(error), start)
            throw error
        }
    }

    /// How far this machine's clock is ahead of the service's by its last answer, in seconds; below zero where it is
    /// behind, nil where no answer has told.
    package var clockOffset: TimeInterval? { told.withLock { $0?.offset(at: now()) } }

    /// Takes note of the time that an answer tells.
    ///
    /// - Parameters:
    ///   - date: The time, in whole seconds; nil where it tells none.
    ///   - sent: This machine's time before the request.
    ///   - received: The same after the answer, which has just come.
    package func answered(at date: Date?, between sent: Date, and received: Date) {
        guard let date else { return }
        // Within this second, and at some moment of the call: what lies between is not the clock's fault.
        let offset = max(0, sent.timeIntervalSince(date) - 1) + min(0, received.timeIntervalSince(date))
        told.withLock { $0 = ToldTime(offset: offset, wall: now(), instant: .now) }
    }

    private func change(by amount: Int) {
        inFlight.withLock { inFlight in
            inFlight += amount
            // Within the lock, so that the last one told is the last one there was.
            if inFlight == max(0, amount) { feed.yield(inFlight > 0) }
            Meter(label: "bedrock.calls.in_flight", factory: metrics).set(inFlight)
        }
    }

    private func ended(_ model: String, _ outcome: Outcome, _ start: ContinuousClock.Instant) {
        Timer(
            label: "bedrock.call.duration", dimensions: [("model", model), ("outcome", outcome.rawValue)],
            factory: metrics
        ).recordNanoseconds(Int64((ContinuousClock.now - start) / .nanoseconds(1)))
    }
}

extension CallWatch.Outcome {
    init(_ error: BedrockError) {
        switch error {
        case .refused(let refusal) where refusal.status == 429: self = .throttled
        case .refused, .notReserved, .noCredentials: self = .refused
        case .transport: self = .unanswered
        }
    }
}
