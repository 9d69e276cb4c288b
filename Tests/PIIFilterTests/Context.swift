import FunctionKit
import Logging

extension InvocationContext {
    /// A context for one invocation in a test.
    static func forTest() -> InvocationContext {
        InvocationContext(
            questionID: "question-1", functionName: "pii-filter", attempt: 1, deadline: .now + .seconds(30), tenant: nil,
            trace: TraceContext(), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, drain: DrainSignal())
    }
}
