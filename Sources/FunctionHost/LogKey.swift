/// The keys of all log metadata of the host.
package enum LogKey {
    /// The question's id.
    package static let questionID = "question.id"
    /// Question id + "/" + function.
    package static let invocationID = "invocation.id"
    /// The function's name.
    package static let functionName = "function.name"
    /// Which attempt, from 1.
    package static let attempt = "delivery.attempt"
    /// What became of the delivery.
    package static let outcome = "delivery.outcome"
    /// A constant name of what went wrong.
    package static let error = "error"
    /// All that an error says of itself: on a person's own terminal alone.
    package static let errorText = "error.text"
    /// What kind of trouble the host is in.
    package static let troubleKind = "trouble.kind"
    /// What a person can do about it.
    package static let troubleAdvice = "trouble.advice"
    /// The budget that has no room.
    package static let budgetName = "budget.name"
    /// Whether its money is spent, held, or less than a call may cost.
    package static let budgetCause = "budget.cause"
    /// When its period turns.
    package static let budgetOpens = "budget.opens"
    /// What a person should know beside it.
    package static let budgetNote = "budget.note"
    /// How long something took.
    package static let milliseconds = "milliseconds"
    /// How many.
    package static let count = "count"
    /// The functions that a host runs.
    package static let functions = "functions"
    /// Deliveries finished in the drain.
    package static let drainFinished = "drain.finished"
    /// Deliveries given back in the drain.
    package static let drainHandedBack = "drain.handed_back"
    /// Reservations released unused in the drain.
    package static let drainReleased = "drain.reservations_released"
    /// How long the drain took.
    package static let drainSeconds = "drain.seconds"
    /// Whether what still waited at the drain's end was cut off.
    package static let drainCut = "drain.cut"
}
