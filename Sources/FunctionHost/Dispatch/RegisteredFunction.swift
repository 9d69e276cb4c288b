package import FunctionKit

/// A function as the host runs it.
package struct RegisteredFunction: Sendable {
    /// How.
    package let settings: FunctionSettings
    /// What.
    package let function: AnyFunction
    /// Whether the host gives a question its final state when this function has succeeded, with its output as the answer.
    package let isEndedByHost: Bool

    /// Its queues.
    package var queues: FunctionQueues { FunctionQueues(function: settings.name) }

    /// Puts settings and function together.
    package init(settings: FunctionSettings, function: AnyFunction, isEndedByHost: Bool = false) {
        self.settings = settings
        self.function = function
        self.isEndedByHost = isEndedByHost
    }
}
