import Synchronization

/// Somebody who waits for their part of a transaction that several share, and may stop waiting while it goes on.
package final class SharedTransactionWaiter<Answer: Sendable>: Sendable {
    private enum State {
        case new
        case waiting(CheckedContinuation<Answer, Never>)
        /// Kept for one who did not wait yet.
        case answered(Answer)
        case gone
    }

    private let state = Mutex(State.new)

    /// Makes one for whom nobody waits yet.
    package init() {}

    /// Whether an answer was given, or the waiting was given up.
    package var isGone: Bool {
        state.withLock { state in
            switch state {
            case .new, .waiting: false
            case .answered, .gone: true
            }
        }
    }

    /// Waits for the answer, once.
    ///
    /// - Parameters:
    ///   - givenUp: What a cancelled task gets at once; nil for one that waits all the same.
    ///   - whenGivenUp: Called then.
    ///   - join: Called when the answer can be given, which it may be at once; not for a task that was cancelled before.
    /// - Returns: The first answer that is given.
    package func answer(
        ifCancelled givenUp: Answer?, whenGivenUp: @Sendable () -> Void = {}, join: () -> Void
    ) async -> Answer {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let early = state.withLock { state -> Answer? in
                    if case .answered(let answer) = state {
                        state = .gone
                        return answer
                    }
                    state = .waiting(continuation)
                    return nil
                }
                if let early { continuation.resume(returning: early) } else { join() }
            }
        } onCancel: {
            if let givenUp, give(givenUp) { whenGivenUp() }
        }
    }

    /// Gives an answer.
    ///
    /// - Returns: False where nobody waits for it any more.
    @discardableResult
    package func give(_ answer: Answer) -> Bool {
        let (isFirst, continuation) = state.withLock { state -> (Bool, CheckedContinuation<Answer, Never>?) in
            switch state {
            case .new:
                state = .answered(answer)
                return (true, nil)
            case .waiting(let continuation):
                state = .gone
                return (true, continuation)
            case .answered, .gone:
                return (false, nil)
            }
        }
        continuation?.resume(returning: answer)
        return isFirst
    }
}
