import FunctionKit
import Spending
import Synchronization

/// Whether models may be asked on this host: the circuit between them and the budget.
///
/// What other hosts paid for in vain it learns from the ledger, so that ten hosts, or ten commands one after the other, do
/// not pay ten times as much.
///
/// Closed, it lets every call through. The first refusal that is the host's own trouble opens it, and so do
/// ``doubtsMax`` calls in a row that were paid for in doubt: a model that fails for everybody must not burn the day's
/// limit. Open, it lets one call through after each pause, and the first answer closes it. Pauses grow: from 1 s to a
/// minute, or, where each try costs money, from 15 s to half an hour; longer where the service says so.
final class ModelHealth: Sendable {
    /// Fewer would open it at a mishap, more would pay for what is known.
    static let doubtsMax = 3
    /// A service that wants more must not stop a host for a day by mistake.
    static let retryAfterMax = Duration.seconds(900)

    private static let freePauses = (first: Duration.seconds(1), longest: Duration.seconds(60))
    private static let paidPauses = (first: Duration.seconds(15), longest: Duration.seconds(1800))

    private struct State {
        /// Calls in a row that were paid for in doubt.
        var doubts = 0
        /// The longest row in the ledger that was heeded.
        var heeded = 0
        /// Why the circuit is open; nil while it is closed.
        var trouble: HostTrouble?
        /// How often in a row a call that was let through has failed.
        var rounds = 0
        var opensAt: ContinuousClock.Instant
        var isProbing = false

        /// Opens the circuit for a row that is longer than the last one that was heeded.
        ///
        /// - Returns: What is left of the pause that follows the row; 0 or less where nothing is.
        mutating func heed(_ doubts: CallDoubts) -> Duration {
            guard doubts.inARow >= ModelHealth.doubtsMax, doubts.inARow > heeded else { return .zero }
            heeded = doubts.inARow
            self.doubts = max(self.doubts, doubts.inARow)
            let round = (1...20).first { ModelHealth.pause(round: $0, isPaid: true) >= doubts.lasted } ?? 20
            rounds = max(rounds, round)
            let left = ModelHealth.pause(round: round, isPaid: true) - doubts.sinceLast
            if trouble == nil || left > .zero {
                trouble = HostTrouble(.circuitOpen, code: "model-circuit-open", serviceCode: trouble?.serviceCode)
            }
            return left
        }
    }

    private let states = Mutex<[ModelID: State]>([:])
    private let now: @Sendable () -> ContinuousClock.Instant
    private let spread: @Sendable () -> Double

    /// A closed circuit for every model.
    ///
    /// - Parameters:
    ///   - now: The clock.
    ///   - spread: What each pause is multiplied by, at least 1, so that hosts that failed together do not return together.
    init(
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        spread: @escaping @Sendable () -> Double = { .random(in: 1...1.25) }
    ) {
        self.now = now
        self.spread = spread
    }

    /// Lets a call through, or not.
    ///
    /// - Returns: Whether it is the one that an open circuit lets through; then ``probeEnded(_:)`` must follow.
    /// - Throws: `LanguageModelError.hostTrouble` with what is left of the pause.
    func admit(_ model: ModelID) throws(LanguageModelError) -> Bool {
        let now = now()
        return try states.withLock { states throws(LanguageModelError) in
            guard let state = states[model], var trouble = state.trouble else { return false }
            guard state.opensAt <= now, !state.isProbing else {
                trouble.pause = max(state.opensAt - now, Self.freePauses.first)
                throw .hostTrouble(trouble)
            }
            states[model]?.isProbing = true
            return true
        }
    }

    /// A call that an open circuit let through has ended, one way or the other.
    func probeEnded(_ model: ModelID) { states.withLock { $0[model]?.isProbing = false } }

    /// Looks once more before the call is made, now that it is known what was paid for in vain by whomever.
    ///
    /// A row in the ledger is answered with a pause about as long as it has lasted. Each longer row is heeded once: afterwards
    /// this host's own pauses count, so that a ledger whose clock stands still stops nobody for good.
    ///
    /// - Returns: Whether the call has become the one that an open circuit lets through; then ``probeEnded(_:)`` must follow.
    /// - Throws: `LanguageModelError.hostTrouble` with what is left of the pause.
    func admit(_ model: ModelID, after doubts: CallDoubts, isProbe: Bool) throws(LanguageModelError) -> Bool {
        let (now, spread) = (now(), spread())
        return try states.withLock { states throws(LanguageModelError) in
            var state = states[model] ?? State(opensAt: now)
            defer { states[model] = state }
            let left = state.heed(doubts)
            if left > .zero { state.opensAt = max(state.opensAt, now + left * spread) }
            guard var trouble = state.trouble, !isProbe || left > .zero else { return false }
            guard state.opensAt <= now, !state.isProbing else {
                trouble.pause = max(state.opensAt - now, Self.freePauses.first)
                throw .hostTrouble(trouble)
            }
            state.isProbing = true
            return true
        }
    }

    /// The model has answered: the circuit is closed.
    func answered(_ model: ModelID) { states.withLock { $0[model] = nil } }

    /// A call failed, and not by its request.
    ///
    /// - Parameters:
    ///   - model: What was asked.
    ///   - trouble: Why.
    ///   - isPaid: Whether it was paid for in doubt.
    ///   - isProbe: Whether an open circuit had let it through.
    /// - Returns: The trouble with the pause that follows; without one where the circuit stays closed.
    func failed(_ model: ModelID, _ trouble: HostTrouble, isPaid: Bool, isProbe: Bool) -> HostTrouble {
        let (now, spread) = (now(), spread())
        return states.withLock { states in
            var state = states[model] ?? State(opensAt: now)
            defer { states[model] = state }
            state.doubts += isPaid ? 1 : 0
            let wasOpen = state.trouble != nil
            guard wasOpen || !isPaid || state.doubts >= Self.doubtsMax else { return trouble }
            var opening = trouble
            if isPaid {
                opening = HostTrouble(
                    .circuitOpen, code: "model-circuit-open", serviceCode: trouble.serviceCode ?? trouble.code)
            }
            // Calls that were under way when it opened say nothing new, but that the service wants more time.
            if !wasOpen || isProbe { state.rounds += 1 }
            let own = Self.pause(round: state.rounds, isPaid: isPaid) * spread
            let wanted = min(trouble.pause ?? .zero, Self.retryAfterMax) * spread
            let opensAt = now + max(!wasOpen || isProbe ? own : .zero, wanted)
            state.opensAt = max(state.opensAt, opensAt)
            // What costs money is the greater trouble.
            if state.trouble?.kind != .circuitOpen || isProbe || isPaid { state.trouble = opening }
            opening.pause = max(state.opensAt - now, .zero)
            return opening
        }
    }

    /// 1 s, 2 s, 4 s and so on; 15 s, 30 s, 60 s where each try costs money.
    fileprivate static func pause(round: Int, isPaid: Bool) -> Duration {
        let (first, longest) = isPaid ? paidPauses : freePauses
        var pause = first
        for _ in 1..<max(1, min(round, 20)) where pause < longest { pause = pause * 2 }
        return min(pause, longest)
    }
}
