import Synchronization

/// What must be done once before a ledger is used: the first caller does it, and all who come meanwhile wait for that one.
///
/// Where it fails, those who wait fail with it, and the next caller tries again.
final class FirstUse: Sendable {
    private typealias Outcome = Result<Void, GovernorError>

    private enum State {
        case ahead
        case underWay([CheckedContinuation<Outcome?, Never>])
        case done
    }

    private enum Turn {
        case mine, others, done
    }

    private let state = Mutex(State.ahead)

    /// Takes note that it is done, by whomever.
    func finish() { end(with: .success(())) }

    /// Does it, unless it is done or somebody is at it.
    func callAsFunction(_ body: () async throws(GovernorError) -> Void) async throws(GovernorError) {
        while true {
            switch take() {
            case .done: return
            case .others:
                // Nil where it ended in this very moment.
                if let outcome = await wait() { return try outcome.get() }
            case .mine:
                do throws(GovernorError) {
                    try await body()
                } catch {
                    end(with: .failure(error))
                    throw error
                }
                return end(with: .success(()))
            }
        }
    }

    private func take() -> Turn {
        state.withLock { state in
            switch state {
            case .done: return .done
            case .underWay: return .others
            case .ahead:
                state = .underWay([])
                return .mine
            }
        }
    }

    private func wait() async -> Outcome? {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                guard case .underWay(let waiters) = state else { return true }
                state = .underWay(waiters + [continuation])
                return false
            }
            if isOver { continuation.resume(returning: nil) }
        }
    }

    private func end(with outcome: Outcome) {
        let waiters = state.withLock { state in
            var waiters: [CheckedContinuation<Outcome?, Never>] = []
            if case .underWay(let those) = state {
                waiters = those
                state = .ahead
            }
            if case .success = outcome { state = .done }
            return waiters
        }
        for waiter in waiters { waiter.resume(returning: outcome) }
    }
}
