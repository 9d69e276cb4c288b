import FunctionKit

/// Why an attempt failed, for whoever may know what.
package struct AttemptFailure: Sendable, Hashable {
    /// A constant name, for headers, logs and metrics.
    package let code: String
    /// The same for an operator: constants of the program and names of fields, no payload; nil where the name says it all.
    package private(set) var explanation: String?
    /// All that the error says, where that is shown on a person's own terminal.
    package private(set) var told: String?
    /// What was paid in the attempt, and for its calls before, in nano-dollars.
    let chargedNanoUSD: Int64

    /// A failure that the host itself has found.
    package init(_ code: String, chargedNanoUSD: Int64 = 0) {
        self.code = code
        self.chargedNanoUSD = chargedNanoUSD
    }

    /// What a function threw.
    ///
    /// - Parameters:
    ///   - error: The error.
    ///   - tells: Whether a person sees it where it runs.
    ///   - chargedNanoUSD: What was paid.
    init(_ error: any Error, tells: Bool, chargedNanoUSD: Int64 = 0) {
        code = ErrorText.code(error)
        self.chargedNanoUSD = chargedNanoUSD
        let safe = ErrorText.safe(error)
        if safe != code { explanation = safe }
        if tells { told = ErrorText.told(error) }
    }
}
