public import FunctionKit
import Synchronization

/// One call of a function to what it was given: what its capabilities in memory have seen.
public enum FunctionCall: Sendable, Hashable {
    /// The model was asked; a call that is answered from the store is none.
    case model(ModelRequest)
    /// The index was searched.
    case search(String, limit: Int)
}

/// Keeps the calls of one invocation, which runs in the task that has it.
final class CallRecorder: Sendable {
    @TaskLocal static var current: CallRecorder?

    private let state = Mutex<[FunctionCall]>([])

    var calls: [FunctionCall] { state.withLock { $0 } }

    func add(_ call: FunctionCall) { state.withLock { $0.append(call) } }
}
