package import FoundationEssentials

/// Where a run stands.
package enum RunState: String, Sendable, Hashable, Codable, CaseIterable {
    /// Durable in the queue of its first function.
    case queued
    /// One of its functions has done its part.
    case running
    /// It waits for a budget.
    case parked
    /// Its last function has given its output.
    case done
    /// A budget refused it; whoever sent it may return.
    case refused
    /// Whoever sent it waits no longer.
    case expired
    /// Dead-lettered: no function could deal with it. Where its letter is moved back it may be `done` yet.
    case failed

    /// Whether it has ended; only a run that `failed` changes after that.
    package var isFinal: Bool {
        switch self {
        case .queued, .running, .parked: false
        case .done, .refused, .expired, .failed: true
        }
    }
}

/// One successful invocation of one function for one run.
package struct StageRun: Sendable, Hashable, Codable {
    /// The run's id.
    package var runID: String
    /// The function's name.
    package var function: String
    /// Which attempt succeeded, from 1.
    package var attempt: Int
    /// How long the function took.
    package var milliseconds: Double

    /// Makes a stage.
    package init(runID: String, function: String, attempt: Int, milliseconds: Double) {
        self.runID = runID
        self.function = function
        self.attempt = attempt
        self.milliseconds = milliseconds
    }
}

/// One message's way through a pipeline, with all that is known of it.
package struct RunRecord: Sendable, Hashable {
    /// The message's id.
    package var id: String
    /// The name of its pipeline; nil where nobody who noted it knew.
    package var pipeline: String?
    /// Who sent it; nil where tenants are not told apart.
    package var tenant: String?
    /// Where it stands.
    package var state: RunState
    /// What was queued first, as JSON: free of personal data where the pipeline redacts.
    ///
    /// Nil where only its end is known.
    package var input: Data?
    /// The last function's output, as JSON; nil unless the state is `done`.
    package var output: Data?
    /// What its functions paid, in nano-dollars, as far as they have ended.
    package var costNanoUSD: Int64
    /// Why it failed, expired, was refused or waits, as a constant name.
    package var reason: String?
    /// When a refused sender may return, or what waits for a budget goes on.
    package var opensAt: Date?
    /// Why it was refused or waits, for a person.
    package var explanation: String?
    /// When it was accepted, or first heard of.
    package var acceptedAt: Date
    /// When it got its final state; nil before.
    package var finishedAt: Date?
    /// The stages that it passed, in the order in which they were noted.
    package var stages: [StageRun]

    /// The reason of a run that a budget had no room for: it was refused, or it waits.
    package static let noRoom = "budget-exhausted"
    /// The reason of a run that was refused because its model has cost more than its bound.
    package static let breached = "model-bound-breached"

    /// Makes a record.
    package init(
        id: String, pipeline: String?, tenant: String?, state: RunState, input: Data?, output: Data?,
        costNanoUSD: Int64,
        reason: String?, opensAt: Date?, explanation: String?, acceptedAt: Date, finishedAt: Date?, stages: [StageRun]
    ) {
        self.id = id
        self.pipeline = pipeline
        self.tenant = tenant
        self.state = state
        self.input = input
        self.output = output
        self.costNanoUSD = costNanoUSD
        self.reason = reason
        self.opensAt = opensAt
        self.explanation = explanation
        self.acceptedAt = acceptedAt
        self.finishedAt = finishedAt
        self.stages = stages
    }
}
