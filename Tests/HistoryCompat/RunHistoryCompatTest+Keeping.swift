import Foundation
import History
import TestSupport
import Testing

/// Pages, retention and deletion.
extension RunHistoryCompatTest {
    static let keeping = [
        Rule("pages", Self.checkPages),
        Rule("deletion of a tenant's runs", Self.checkDeletionOfTenant),
        Rule("retention", Self.checkRetention),
    ]

    /// Pages hold each run once, in the order in which they were first heard of.
    func checkPages() async throws {
        let history = try await bench().history
        for number in 0..<25 {
            try await history.accept(
                id: "q\(number)", input: input("?"), tenant: number.isMultiple(of: 5) ? "acme" : nil, pipeline: "p",
                expiresAt: nil)
        }
        for number in (0..<25).reversed() { #expect(try await history.complete("q\(number)")) }
        func ids(tenant: String?, atMost count: Int) async throws -> [String] {
            var (ids, position) = ([String](), Int64(0))
            while case let page = try await history.runs(after: position, tenant: tenant, atMost: count),
                let last = page.last
            {
                #expect(page.count <= count)
                ids += page.map(\.record.id)
                position = last.position
            }
            return ids
        }
        #expect(try await ids(tenant: nil, atMost: 4) == (0..<25).map { "q\($0)" })
        #expect(try await ids(tenant: "acme", atMost: 2) == [0, 5, 10, 15, 20].map { "q\($0)" })
        #expect(try await ids(tenant: "ACME", atMost: 2).isEmpty)
    }

    /// A tenant's runs are gone, nobody else's, and none whose output is still to come.
    func checkDeletionOfTenant() async throws {
        let history = try await bench().history
        for number in 0..<1200 where !number.isMultiple(of: 3) || number < 30 {
            try await history.accept(
                id: "q\(number)", input: input("?"), tenant: number.isMultiple(of: 3) ? "globex" : "acme",
                pipeline: "p", expiresAt: nil)
            guard number > 1 else { continue }
            #expect(try await history.finish(id: "q\(number)", .without(.failed, reason: "r")))
        }
        try await history.recordStages([StageRun(runID: "q2", function: "f", attempt: 1, milliseconds: 1)])
        let run = LoneRun(runID: "q2", function: "f", attempt: 1)
        try await history.noteStart(of: run)
        #expect(try await history.runsWithoutEnd(like: run) == 1)
        let result = try await history.deleteRuns(of: "acme")
        #expect(result.deleted == 799 && result.underWay == 1)
        #expect(try await history.run(id: "q2") == nil)
        #expect(try await history.run(id: "q1")?.state == .queued)
        #expect(try await history.counts() == [.queued: 2, .failed: 9])
        // Nothing is left of it that a run of that name would bring back.
        try await history.accept(id: "q2", input: input("again"), tenant: nil, pipeline: "p", expiresAt: nil)
        #expect(try await history.run(id: "q2")?.stages == [])
        #expect(try await history.runsWithoutEnd(like: run) == 0)
        let none = try await history.deleteRuns(of: "nobody")
        #expect(none.deleted == 0 && none.underWay == 0)
    }

    /// What ended before an instant is gone, and nothing else, however old it is.
    func checkRetention() async throws {
        let bench = try await bench(1_000)
        let history = bench.history
        for id in ["old", "finished late", "never finished"] {
            try await history.accept(id: id, input: input("?"), tenant: nil, pipeline: "p", expiresAt: nil)
        }
        #expect(try await history.complete("old"))
        try await history.recordStages([StageRun(runID: "old", function: "f", attempt: 1, milliseconds: 1)])
        bench.clock.set(2_000)
        #expect(try await history.complete("finished late"))
        #expect(try await history.deleteRuns(olderThan: .seconds(1_000)) == 0)
        #expect(try await history.deleteRuns(olderThan: .milliseconds(999_999)) == 1)
        #expect(try await history.run(id: "old") == nil)
        #expect(try await history.counts() == [.queued: 1, .done: 1])
    }
}
