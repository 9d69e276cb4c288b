import FoundationEssentials
import FunctionKit
import History
import Synchronization
import TestSupport

/// A history that takes and gives nothing until it speaks: as a database that is frozen or locked, which is also slow to hear
/// that nobody waits for it any more.
final class SilentHistory: RunHistory {
    private let history: any RunHistory
    private let silence = Latch()

    init(_ history: any RunHistory) { self.history = history }

    func speak() { silence.open() }

    private func listen() async throws {
        await silence.wait()
        try Task.checkCancellation()
    }

    func accept(id: String, input: Data, tenant: String?, pipeline: String?, expiresAt: Date?) async throws {
        try await listen()
        try await history.accept(id: id, input: input, tenant: tenant, pipeline: pipeline, expiresAt: expiresAt)
    }

    func finish(id: String, _ end: RunEnd) async throws -> Bool {
        try await listen()
        return try await history.finish(id: id, end)
    }

    func noteWaiting(id: String, until opensAt: Date, explanation: String) async throws {
        try await listen()
        try await history.noteWaiting(id: id, until: opensAt, explanation: explanation)
    }

    func reopen(id: String) async throws { try await history.reopen(id: id) }

    func recordStages(_ stages: [StageRun], atDoor: Bool) async throws {
        try await listen()
        try await history.recordStages(stages, atDoor: atDoor)
    }

    func noteStart(of run: LoneRun) async throws { try await history.noteStart(of: run) }

    func noteEnd(of run: LoneRun) async throws { try await history.noteEnd(of: run) }

    func runsWithoutEnd(like run: LoneRun) async throws -> Int { try await history.runsWithoutEnd(like: run) }

    func run(id: String) async throws -> RunRecord? {
        try await listen()
        return try await history.run(id: id)
    }

    func outcome(of id: String, where isComplete: @Sendable (RunRecord) -> Bool) async throws -> RunRecord {
        try await listen()
        return try await history.outcome(of: id, where: isComplete)
    }

    func withoutRoom(since instant: Date) async throws -> (refused: Int, waiting: Int) { (0, 0) }

    func instant() async throws -> Date {
        try await listen()
        return try await history.instant()
    }

    func overdue() async throws -> [String] { [] }

    func counts() async throws -> [RunState: Int] { try await history.counts() }

    func degradedRuns(in span: Range<Date>) async throws -> [(quarter: Date, tenant: String?, count: Int)] { [] }

    func runs(
        after position: Int64, tenant: String?, atMost count: Int
    ) async throws -> [(position: Int64, record: RunRecord)] { [] }

    func deleteRuns(of tenant: String) async throws -> (deleted: Int, underWay: Int) { (0, 0) }

    func deleteRuns(olderThan age: Duration) async throws -> Int { 0 }
}
