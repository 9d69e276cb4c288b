/// What becomes of a message whose invocation failed.
public enum Disposition: Sendable, Equatable {
    /// To the dead-letter queue at once; no further attempt.
    case deadLetter
    /// Again after the manifest's backoff; uses up one attempt.
    case retry
    /// Again after a short pause; uses up no attempt. For work that is fine but not now.
    case handBack
    /// Again after a short pause; uses up no attempt, and the host leaves the function alone for a while. For trouble of the
    /// host that another host, or this one later, need not meet.
    case hostTrouble(HostTrouble)
    /// What the budget's policy says; uses up no attempt.
    case budgetExhausted(BudgetRefusal)
}

/// An error that says what becomes of the message whose invocation threw it.
public protocol DispositionProviding: Error {
    /// What the host does with the message.
    var disposition: Disposition { get }
    /// A short constant name for headers, logs and metrics, such as `model-throttled`. Never contains input.
    var code: String { get }
}
