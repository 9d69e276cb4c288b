import FunctionKit

/// Why an attempt failed, for whoever may know what.
package struct AttemptFailure: Sendable, Hashable {
    /// A constant name, for headers, logs and metrics.
    package let code: String
    /// The same for an operator: constants of the program and names of fields, no payload; nil where the name says it all.
    package private(set) var explanation: String?
    /// All that the error says, where that is shown on a person's own terminal.
    package private(set) var told: String?

    /// A failure that the host itself has found.
    package init(_ code: String) { self.code = code }

    /// What a function threw.
    ///
    /// - Parameters:
    ///   - error: The error.
    ///   - tells: Whether a person sees it where it runs.
    init(_ error: any Error, tells: Bool) {
        code = ErrorText.code(error)
        let safe = ErrorText.safe(error)
        if safe != code { explanation = safe }
        if tells { told = ErrorText.told(error) }
    }
}
