public import FunctionKit
import Synchronization

/// A history that lives in memory: once per question id, as every history.
public final class InMemoryHistory: History {
    private struct State {
        var ids: Set<String> = []
        var answers: [AnsweredQuestion] = []
    }

    private let state = Mutex(State())

    /// An empty history.
    public init() {}

    /// What was stored, in the order of storing.
    public var answers: [AnsweredQuestion] { state.withLock { $0.answers } }

    /// Stores the answer unless its question has one; of several callers at once exactly one stores.
    public func store(_ answer: AnsweredQuestion) async throws -> Bool {
        state.withLock { state in
            guard state.ids.insert(answer.id).inserted else { return false }
            state.answers.append(answer)
            return true
        }
    }
}
