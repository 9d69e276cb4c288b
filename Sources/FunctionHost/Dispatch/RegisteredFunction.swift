package import FunctionKit

/// A function as the host runs it.
package struct RegisteredFunction: Sendable {
    /// How.
    package let settings: FunctionSettings
    /// What.
    package let function: AnyFunction

    /// Its queues.
    package var queues: FunctionQueues { FunctionQueues(function: settings.name) }

    /// Puts settings and function together.
    package init(settings: FunctionSettings, function: AnyFunction) {
        self.settings = settings
        self.function = function
    }
}
