package import FoundationEssentials

/// The runs of all pipelines, from the acceptance of their messages to their final state.
package protocol RunHistory: Sendable {
    /// Notes an accepted message.
    ///
    /// One that has a row already, because its end came first, keeps its state and gets what it lacks.
    ///
    /// - Parameters:
    ///   - id: The run's id.
    ///   - input: What was queued first, as JSON.
    ///   - tenant: Who sent it.
    ///   - pipeline: The name of the pipeline that takes it; nil where that is not known.
    ///   - expiresAt: After this instant nobody waits for its output.
    /// - Throws: The store's errors.
    func accept(id: String, input: Data, tenant: String?, pipeline: String?, expiresAt: Date?) async throws

    /// Gives a run its final state, with its output, in one transaction, once.
    ///
    /// A run that failed before is done all the same: its letter came back.
    ///
    /// - Returns: True where this call gave it; false where the run had another final state already, which is kept.
    /// - Throws: The store's errors.
    func finish(id: String, _ end: RunEnd) async throws -> Bool

    /// Notes that a run waits until a budget has room, with ``RunRecord/noRoom`` as its reason; one that has a
    /// final state is left as it is.
    ///
    /// - Parameters:
    ///   - id: The run's id.
    ///   - opensAt: When the budget opens.
    ///   - explanation: The same for a person.
    /// - Throws: The store's errors.
    func noteWaiting(id: String, until opensAt: Date, explanation: String) async throws

    /// Lets a run that failed or was parked wait for its end again, because its message is back in its function's queue.
    ///
    /// One in another state is left as it is.
    func reopen(id: String) async throws

    /// Notes how long functions took.
    ///
    /// The first success of each function counts; a redelivery changes nothing.
    ///
    /// - Parameters:
    ///   - stages: What took how long.
    ///   - atDoor: Whether that was before the message was queued; otherwise its run is `running` from now on.
    /// - Throws: The store's errors.
    func recordStages(_ stages: [StageRun], atDoor: Bool) async throws

    /// Notes that a message begins to run alone.
    ///
    /// - Throws: The store's errors.
    func noteStart(of run: LoneRun) async throws

    /// Notes that it ended and its process lives on; of a run that was not begun, or has ended before, nothing.
    ///
    /// - Throws: The store's errors.
    func noteEnd(of run: LoneRun) async throws

    /// How many runs of the same attempt began and did not end.
    ///
    /// - Throws: The store's errors.
    func runsWithoutEnd(like run: LoneRun) async throws -> Int

    /// A run; nil where nothing is known of it.
    func run(id: String) async throws -> RunRecord?

    /// Waits until a run has a final state, whichever process gives it.
    ///
    /// - Parameters:
    ///   - id: The run's id; it need not be known yet.
    ///   - isComplete: What else must be true of the run.
    /// - Returns: The run with its final state.
    /// - Throws: `CancellationError`, beside the store's errors.
    func outcome(of id: String, where isComplete: @Sendable (RunRecord) -> Bool) async throws -> RunRecord

    /// The history's own instant, the same for all hosts: the database's clock. A file has none but its program's, which
    /// does not count at once where it leaps ahead by more than a day.
    ///
    /// - Throws: The store's errors.
    func instant() async throws -> Date

    /// The ids of runs without a final state whose deadline has passed by ``instant()``.
    func overdue() async throws -> [String]

    /// How many runs are in each state; states without a run are left out.
    func counts() async throws -> [RunState: Int]

    /// How many outputs say of themselves that a budget without room shortened them: answers without the model.
    ///
    /// - Parameter span: When they were accepted, from its first instant up to, but without, its last.
    /// - Returns: A count for each quarter of an hour and tenant that has any.
    /// - Throws: The store's errors.
    func degradedRuns(in span: Range<Date>) async throws -> [(quarter: Date, tenant: String?, count: Int)]

    /// How many runs were refused for a budget without room or a model that cost more than its bound, and how many wait
    /// for a budget.
    ///
    /// - Parameter start: Since when refused ones were accepted; those that wait count whenever that was.
    /// - Returns: The counts.
    /// - Throws: The store's errors.
    func withoutRoom(since start: Date) async throws -> (refused: Int, waiting: Int)

    /// A page of all runs, in the order in which they were first heard of.
    ///
    /// - Parameters:
    ///   - position: The position of the last run of the page before; 0 for the first page.
    ///   - tenant: Whose runs; nil for everybody's.
    ///   - count: The most runs of the page.
    /// - Returns: The runs with their positions, which mean nothing elsewhere; none behind the last.
    /// - Throws: The store's errors.
    func runs(
        after position: Int64, tenant: String?, atMost count: Int
    ) async throws -> [(position: Int64, record: RunRecord)]

    /// Deletes all runs of a tenant that have a final state, for good, with what is kept beside them.
    ///
    /// Those under way are left: their outputs are still to come. Delete again when they have ended.
    ///
    /// - Returns: How many were deleted, and how many are under way.
    /// - Throws: The store's errors; what was deleted before stays deleted.
    func deleteRuns(of tenant: String) async throws -> (deleted: Int, underWay: Int)

    /// Deletes the runs whose final state is older than an age by ``instant()``, for good, with what is kept beside them.
    ///
    /// - Returns: How many were deleted.
    /// - Throws: The store's errors; what was deleted before stays deleted.
    func deleteRuns(olderThan age: Duration) async throws -> Int
}

extension RunHistory {
    /// Notes how long functions took that work on queues.
    package func recordStages(_ stages: [StageRun]) async throws { try await recordStages(stages, atDoor: false) }

    /// Waits until a run has a final state, whichever process gives it.
    package func outcome(of id: String) async throws -> RunRecord {
        try await outcome(of: id, where: { _ in true })
    }
}
