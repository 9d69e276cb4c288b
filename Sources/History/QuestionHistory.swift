package import FoundationEssentials
package import FunctionKit

/// The whole life of questions, from their acceptance to their final state.
package protocol QuestionHistory: History {
    /// Notes an accepted question.
    ///
    /// One that has a row already, because its answer came first, keeps its state and gets what it lacks.
    ///
    /// - Parameters:
    ///   - id: The question's id.
    ///   - question: Its text, or the JSON of a message that is no question.
    ///   - tenant: Who asks.
    ///   - pipeline: The name of the pipeline that takes it; nil where that is not known.
    ///   - expiresAt: After this instant nobody waits for the answer.
    /// - Throws: The store's errors.
    func accept(id: String, question: String, tenant: String?, pipeline: String?, expiresAt: Date?) async throws

    /// Gives a question a final state other than `answered`.
    ///
    /// - Parameters:
    ///   - id: The question's id.
    ///   - state: `failed`, `expired` or `refused`.
    ///   - reason: Why, as a constant name.
    ///   - opensAt: When a refused asker may return.
    ///   - explanation: The same for a person.
    /// - Returns: False where the question had a final state already, which is kept.
    /// - Throws: The store's errors.
    func finish(
        id: String, state: QuestionState, reason: String, opensAt: Date?, explanation: String?
    ) async throws -> Bool

    /// Notes that a question waits until a budget has room, with ``QuestionRecord/noRoom`` as its reason; one that has a
    /// final state is left as it is.
    ///
    /// - Parameters:
    ///   - id: The question's id.
    ///   - opensAt: When the budget opens.
    ///   - explanation: The same for a person.
    /// - Throws: The store's errors.
    func noteWaiting(id: String, until opensAt: Date, explanation: String) async throws

    /// Lets a question that failed wait for an answer again, because its message is tried once more.
    ///
    /// One in another state is left as it is.
    func reopen(id: String) async throws

    /// Notes how long functions took.
    ///
    /// The first success of each function counts; a redelivery changes nothing.
    func recordStages(_ runs: [StageRun]) async throws

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

    /// A question; nil where nothing is known of it.
    func question(id: String) async throws -> QuestionRecord?

    /// Waits until a question has a final state, whichever process gives it.
    ///
    /// - Parameters:
    ///   - id: The question's id; it need not be known yet.
    ///   - isComplete: What else must be true of the question.
    /// - Returns: The question with its final state.
    /// - Throws: `CancellationError`, beside the store's errors.
    func outcome(of id: String, where isComplete: @Sendable (QuestionRecord) -> Bool) async throws -> QuestionRecord

    /// The history's own instant, the same for all hosts: the database's clock. A file has none but its program's, which
    /// does not count at once where it leaps ahead by more than a day.
    ///
    /// - Throws: The store's errors.
    func instant() async throws -> Date

    /// The ids of questions without a final state whose deadline has passed by ``instant()``.
    func overdue() async throws -> [String]

    /// How many questions are in each state; states without a question are left out.
    func counts() async throws -> [QuestionState: Int]

    /// How many questions were answered without the model.
    ///
    /// - Parameter span: When they were accepted, from its first instant up to, but without, its last.
    /// - Returns: A count for each quarter of an hour and tenant that has any.
    /// - Throws: The store's errors.
    func degradedAnswers(in span: Range<Date>) async throws -> [(quarter: Date, tenant: String?, count: Int)]

    /// How many questions were refused for a budget without room or a model that cost more than its bound, and how many wait
    /// for a budget.
    ///
    /// - Parameter start: Since when refused ones were accepted; those that wait count whenever that was.
    /// - Returns: The counts.
    /// - Throws: The store's errors.
    func withoutRoom(since start: Date) async throws -> (refused: Int, waiting: Int)

    /// A page of all questions, in the order in which they were first heard of.
    ///
    /// - Parameters:
    ///   - position: The position of the last question of the page before; 0 for the first page.
    ///   - tenant: Whose questions; nil for everybody's.
    ///   - count: The most questions of the page.
    /// - Returns: The questions with their positions, which mean nothing elsewhere; none behind the last.
    /// - Throws: The store's errors.
    func questions(
        after position: Int64, tenant: String?, atMost count: Int
    ) async throws -> [(position: Int64, record: QuestionRecord)]

    /// Deletes all questions of a tenant that have a final state, for good, with what is kept beside them.
    ///
    /// Those under way are left: their answers are still to come. Delete again when they have ended.
    ///
    /// - Returns: How many were deleted, and how many are under way.
    /// - Throws: The store's errors; what was deleted before stays deleted.
    func deleteQuestions(of tenant: String) async throws -> (deleted: Int, underWay: Int)

    /// Deletes the questions whose final state is older than an age by ``instant()``, for good, with what is kept beside them.
    ///
    /// - Returns: How many were deleted.
    /// - Throws: The store's errors; what was deleted before stays deleted.
    func deleteQuestions(olderThan age: Duration) async throws -> Int
}

extension QuestionHistory {
    /// Notes an accepted question of a pipeline that is not known.
    package func accept(id: String, question: String, tenant: String?, expiresAt: Date?) async throws {
        try await accept(id: id, question: question, tenant: tenant, pipeline: nil, expiresAt: expiresAt)
    }

    /// Gives a question a final state other than `answered`, without a word for a person.
    package func finish(id: String, state: QuestionState, reason: String, opensAt: Date?) async throws -> Bool {
        try await finish(id: id, state: state, reason: reason, opensAt: opensAt, explanation: nil)
    }

    /// Waits until a question has a final state, whichever process gives it.
    package func outcome(of id: String) async throws -> QuestionRecord {
        try await outcome(of: id, where: { _ in true })
    }
}
