/// Decides when a task's protection is set, renewed and removed.
///
/// It is set with the first paid call, renewed at half of its time while calls go on, and removed once none has been
/// under way for ``lingers``, so that calls that follow each other do not set and remove it in turn. What fails is tried
/// again after 1, 2, 4 ... up to 60 seconds.
struct ProtectionPlan {
    /// What is to be done now.
    enum Action: Hashable {
        /// Ask for protection.
        case protect
        /// Ask for its end.
        case release
        /// Nothing before an instant, or before ``isBusy`` changes; nil for no instant.
        case wait(until: ContinuousClock.Instant?)
    }

    /// How long the protection is asked for, in minutes: well above a call, and soon over where this process dies.
    static let minutes = 10
    /// How long it stays after the last call.
    static let lingers = Duration.seconds(5)
    private static let retryMax = Duration.seconds(60)

    /// Whether a paid call is under way.
    private(set) var isBusy = false
    private var idleSince: ContinuousClock.Instant?
    /// When the protection was last confirmed; nil for none.
    private var protectedSince: ContinuousClock.Instant?
    /// Whether a request failed and left it open what is in force.
    private var isInDoubt = false
    private var failures = 0
    private var retryAt: ContinuousClock.Instant?

    /// Whether the task may be protected now.
    var mayBeProtected: Bool { protectedSince != nil || isInDoubt }

    /// Whether the last request failed.
    var isFailing: Bool { failures > 0 }

    /// Takes note of a change.
    mutating func set(isBusy: Bool, at now: ContinuousClock.Instant) {
        guard isBusy != self.isBusy else { return }
        self.isBusy = isBusy
        idleSince = isBusy ? nil : now
    }

    /// What is to be done.
    func action(at now: ContinuousClock.Instant) -> Action {
        let lingersUntil = idleSince.map { $0 + Self.lingers }
        let wantsProtection = isBusy || lingersUntil.map { now < $0 && protectedSince != nil } ?? false
        if wantsProtection {
            let renewAt = protectedSince.map { $0 + .seconds(Self.minutes * 30) }
            // Renewed for calls alone, not for the rest after them.
            let isDue = isBusy && (isInDoubt || renewAt.map { now >= $0 } ?? true)
            let next = isBusy ? renewAt : lingersUntil
            return isDue ? unlessTooSoon(.protect, now) : .wait(until: next)
        }
        guard mayBeProtected else { return .wait(until: nil) }
        return unlessTooSoon(.release, now)
    }

    /// Takes note of what ECS confirmed.
    mutating func confirmed(_ action: Action, at now: ContinuousClock.Instant) {
        protectedSince = action == .protect ? now : nil
        isInDoubt = false
        failures = 0
        retryAt = nil
    }

    /// Takes note of a failure.
    mutating func failed(at now: ContinuousClock.Instant) {
        isInDoubt = true
        failures += 1
        retryAt = now + min(Self.retryMax, .seconds(1 << min(failures - 1, 6)))
    }

    private func unlessTooSoon(_ action: Action, _ now: ContinuousClock.Instant) -> Action {
        if let retryAt, now < retryAt { return .wait(until: retryAt) }
        return action
    }
}
