import FoundationEssentials
import FunctionKit
import History
import HistorySQLite
import SQLite
import Synchronization
import Testing

@Suite("A history in a file, where the clock is wrong", .timeLimit(.minutes(1)))
struct WrongClockTests {
    private final class Clock: Sendable {
        private let seconds = Mutex(1_800_000_000.0)

        var now: Date { Date(timeIntervalSince1970: seconds.withLock { $0 }) }

        func advance(days: Double) { seconds.withLock { $0 += days * 86_400 } }
    }

    private let clock = Clock()
    private let history: SQLiteHistory

    init() throws {
        history = SQLiteHistory(
            store: try SQLiteStore.inMemory(schemas: [SQLiteHistory.schema]), now: { [clock] in clock.now })
    }

    private func finish(_ id: String) async throws {
        try await history.accept(id: id, input: Data("{}".utf8), tenant: nil, pipeline: "p", expiresAt: nil)
        _ = try await history.finish(id: id, .without(.failed, reason: "r"))
    }

    /// Questions are kept for 30 days.
    private func sweep() async throws -> Int { try await history.deleteRuns(olderThan: .seconds(30 * 86_400)) }

    @Test("keeps everybody's answers when it leaps ahead and comes back, however often it is looked at")
    func leap() async throws {
        try await finish("old")
        try await history.accept(
            id: "waiting", input: Data("{}".utf8), tenant: nil, pipeline: "p",
            expiresAt: clock.now.addingTimeInterval(2 * 86_400))
        #expect(try await sweep() == 0)
        for _ in 0..<3 {
            clock.advance(days: 100)
            for _ in 0..<20 {
                #expect(try await sweep() == 0)
                #expect(try await history.overdue().isEmpty)
                clock.advance(days: 0.01)
            }
            clock.advance(days: -100.2)
            #expect(try await sweep() == 0)
        }
        #expect(try await history.counts() == [.failed: 1, .queued: 1])
    }

    @Test("keeps them too where nobody has looked at it before")
    func firstLook() async throws {
        try await finish("old")
        try await history.accept(
            id: "waiting", input: Data("{}".utf8), tenant: nil, pipeline: "p",
            expiresAt: clock.now.addingTimeInterval(3600))
        clock.advance(days: 100)
        #expect(try await history.overdue().isEmpty)
        #expect(try await sweep() == 0)
        clock.advance(days: -100)
        #expect(try await sweep() == 0)
        #expect(try await history.counts() == [.failed: 1, .queued: 1])
    }

    @Test("goes on a day after a pause that was real, and then as ever")
    func pause() async throws {
        try await finish("old")
        #expect(try await sweep() == 0)
        clock.advance(days: 100)
        for _ in 0..<4 {
            #expect(try await sweep() == 0)
            clock.advance(days: 0.3)
        }
        #expect(try await sweep() == 1)
        try await finish("new")
        for _ in 0..<30 {
            clock.advance(days: 1)
            #expect(try await sweep() == 0)
        }
        clock.advance(days: 1)
        #expect(try await sweep() == 1)
    }

    @Test("lets what is used once a week grow old too")
    func weekly() async throws {
        try await finish("old")
        var deleted = 0
        for _ in 0..<7 {
            clock.advance(days: 7)
            deleted += try await sweep()
        }
        #expect(deleted == 1)
    }

    @Test("does not delete what was answered while it was behind")
    func behind() async throws {
        #expect(try await sweep() == 0)
        clock.advance(days: -10_000)
        try await finish("new")
        #expect(try await sweep() == 0)
        clock.advance(days: 10_000)
        #expect(try await sweep() == 0)
        for _ in 0..<10 {
            clock.advance(days: 1)
            #expect(try await sweep() == 0)
        }
        #expect(try await history.counts() == [.failed: 1])
    }
}
