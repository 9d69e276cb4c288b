import FunctionKit
import Logging
import Synchronization
import Waiting

/// Whether a function takes messages on this host: all that it can, or, while the host itself is in trouble, one now and
/// then.
///
/// In trouble the host would be a black hole beside healthy ones: it fails faster than they work. So it lets go of the queue
/// and takes one message after each pause; the first that succeeds ends the trouble. Pauses are what the trouble names, or
/// grow from 1 s to ``pauseMax``.
final class TroubleGate: Sendable {
    /// A look at the state; void as soon as that changes.
    struct Permit: Sendable {
        /// How many messages may be taken.
        enum Mode: Sendable {
            /// As many as the function can.
            case all
            /// One.
            case one
        }

        let mode: Mode
        fileprivate let version: UInt64
    }

    /// A database or an index that is back must not wait long to be noticed; a probe costs nothing.
    static let pauseMax = Duration.seconds(10)
    private static let pauseMin = Duration.seconds(1)

    fileprivate struct State {
        /// Nil while all is well.
        var trouble: HostTrouble?
        var began = ContinuousClock.now
        /// How many probes in a row have failed, the first failure included.
        var rounds = 0
        var resumesAt = ContinuousClock.now
        /// Whether a message was taken that has to show whether the trouble is over.
        var isProbing = false
        /// The host drains.
        var isClosed = false
        var version: UInt64 = 0
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var nextWaiter: UInt64 = 0
    }

    private let state = Mutex(State())
    private let function: String
    private let metrics: HostMetrics
    private let logger: Logger

    /// A gate that lets all in.
    init(function: String, metrics: HostMetrics, logger: Logger) {
        self.function = function
        self.metrics = metrics
        self.logger = logger
    }

    /// What is wrong; nil while all is well.
    var trouble: HostTrouble? { state.withLock { $0.trouble } }

    /// Waits until something may be taken; nil once the host drains or the task is cancelled.
    func permit() async -> Permit? {
        while !Task.isCancelled {
            let look = state.withLock { $0.look(at: .now) }
            switch look.step {
            case .closed: return nil
            case .take(let mode): return Permit(mode: mode, version: look.version)
            case .wait(let until): await wait(for: look.version, until: until)
            }
        }
        return nil
    }

    /// Whether a permit still says how things are.
    func isValid(_ permit: Permit) -> Bool { state.withLock { $0.version == permit.version && !$0.isClosed } }

    /// Waits until a permit says so no more, or the task is cancelled.
    func expiry(of permit: Permit) async { await change(since: permit.version) }

    /// Takes a message to try with.
    ///
    /// - Returns: False where another is being tried already; where true, ``endProbe()`` must follow.
    func beginProbe() -> Bool {
        change { state in
            guard state.trouble != nil, !state.isProbing else { return false }
            state.isProbing = true
            return true
        }
    }

    /// The message that was tried with is dealt with.
    func endProbe() { change { $0.isProbing = false } }

    /// Lets a message in that was taken.
    ///
    /// - Returns: False where the host got into trouble since.
    func admits(isProbe: Bool) -> Bool { state.withLock { $0.trouble == nil || isProbe } }

    /// A message has met trouble of the host; `told` is all that is known of it, for a person's own terminal.
    func met(_ trouble: HostTrouble, isProbe: Bool, told: String? = nil) {
        let begins = change { state in
            let begins = state.trouble == nil
            // Messages that were under way when it began say nothing new, but that the service wants more time.
            if begins || isProbe { state.rounds += 1 }
            let pause = trouble.pause ?? (begins || isProbe ? Self.pause(round: state.rounds) : .zero)
            state.resumesAt = max(begins ? .now : state.resumesAt, .now + pause)
            if begins { state.began = .now }
            state.trouble = trouble
            return begins
        }
        guard begins else { return }
        metrics.trouble(function, trouble.kind)
        metrics.inTrouble(function, true)
        var metadata: Logger.Metadata = [
            LogKey.error: "\(trouble)", LogKey.troubleKind: "\(trouble.kind.rawValue)",
            LogKey.troubleAdvice: "\(trouble.kind.advice)",
        ]
        if let told { metadata[LogKey.errorText] = "\(told)" }
        logger.log(
            level: trouble.kind.needsPerson ? .error : .warning,
            "the host is in trouble and takes no more messages but one now and then",
            metadata: metadata)
    }

    /// A message was dealt with by what had been in trouble.
    func succeeded() {
        // Nearly always nothing changes, and nobody need look.
        guard trouble != nil else { return }
        let lasted = change { state -> Duration? in
            guard state.trouble != nil else { return nil }
            (state.trouble, state.rounds) = (nil, 0)
            return .now - state.began
        }
        guard let lasted else { return }
        metrics.inTrouble(function, false)
        logger.notice(
            "the trouble is over; the host takes messages again",
            metadata: [LogKey.milliseconds: .stringConvertible(Int(lasted / .milliseconds(1)))])
    }

    /// Lets nothing in any more.
    func close() { change { $0.isClosed = true } }

    /// 1 s, 2 s, 4 s and so on, up to a quarter longer, so that hosts do not return together.
    private static func pause(round: Int) -> Duration {
        var pause = pauseMin
        for _ in 1..<max(1, min(round, 20)) where pause < pauseMax { pause = pause * 2 }
        return min(pause, pauseMax) * Double.random(in: 1...1.25)
    }
}

// MARK: - Waiting

extension TroubleGate {
    /// Changes the state and wakes all who wait for that.
    @discardableResult
    private func change<Value: Sendable>(_ body: (inout State) -> Value) -> Value {
        let (value, waiters) = state.withLock { state in
            let value = body(&state)
            state.version += 1
            defer { state.waiters = [:] }
            return (value, Array(state.waiters.values))
        }
        for waiter in waiters { waiter.resume() }
        return value
    }

    private func wait(for version: UInt64, until instant: ContinuousClock.Instant?) async {
        guard let instant else { return await change(since: version) }
        await Deadline(instant, by: .continuous).wait { await self.change(since: version) }
    }

    private func change(since version: UInt64) async {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDue = state.withLock { state in
                    // The handler below may have run before: it finds a waiter, or this finds the cancellation.
                    if state.version != version || Task.isCancelled { return true }
                    state.waiters[id] = continuation
                    return false
                }
                if isDue { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
        }
    }
}

extension TroubleGate.State {
    /// What may be done now.
    fileprivate enum Step {
        case closed
        case take(TroubleGate.Permit.Mode)
        case wait(until: ContinuousClock.Instant?)
    }

    fileprivate func look(at now: ContinuousClock.Instant) -> (step: Step, version: UInt64) {
        let step: Step =
            if isClosed {
                .closed
            } else if trouble == nil {
                .take(.all)
            } else if isProbing {
                .wait(until: nil)
            } else if resumesAt <= now {
                .take(.one)
            } else {
                .wait(until: resumesAt)
            }
        return (step, version)
    }
}
