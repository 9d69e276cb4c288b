import Foundation
import FunctionKit
import History
import TestSupport
import Testing

/// Export, retention and deletion.
extension QuestionHistoryCompatTest {
    static let keeping = [
        Rule("pages", Self.checkPages),
        Rule("export", Self.checkExport),
        Rule("deletion of a tenant's questions", Self.checkDeletionOfTenant),
        Rule("retention", Self.checkRetention),
    ]

    /// Pages hold each question once, in the order in which they were first heard of.
    func checkPages() async throws {
        let history = try await bench().history
        for number in 0..<25 {
            try await history.accept(
                id: "q\(number)", question: "?", tenant: number.isMultiple(of: 5) ? "acme" : nil, expiresAt: nil)
        }
        for number in (0..<25).reversed() { #expect(try await history.store(answer("q\(number)"))) }
        func ids(tenant: String?, atMost count: Int) async throws -> [String] {
            var (ids, position) = ([String](), Int64(0))
            while case let page = try await history.questions(after: position, tenant: tenant, atMost: count),
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

    /// An export has a JSON object a line, with all that is known.
    func checkExport() async throws {
        let bench = try await bench(1_764_000_000)
        let history = bench.history
        try await history.accept(id: "a", question: "What?", tenant: "acme", expiresAt: nil)
        try await history.recordStages([StageRun(questionID: "a", function: "f", attempt: 2, milliseconds: 0.5)])
        bench.clock.set(1_764_000_001.5)
        #expect(try await history.store(answer("a", "Line\nbreak")))
        let opensAt = Date(timeIntervalSince1970: 1_764_003_600)
        #expect(try await history.finish(id: "b", state: .refused, reason: "daily", opensAt: opensAt))
        var text = Data()
        #expect(try await QuestionExport(history, tenant: nil).write { text += $0 } == 2)
        let lines = String(decoding: text, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        // One line each: the line breaks here are none of the line's.
        let first = #"""
            {"accepted_at":"2025-11-24T16:00:00.000Z","answer":"Line\nbreak","citations":[{"heading":"Defective goods",\#
            "id":"defective-goods"}],"cost_nano_usd":2838360,"degraded":false,\#
            "finished_at":"2025-11-24T16:00:01.500Z","id":"a","model":"llama3","passages":[{\#
            "heading":"Defective goods","id":"defective-goods","score":6.25,"text":"It may be returned."},{\#
            "heading":"B","id":"b","score":-1.5e-07,"text":"Line 1\nLine 2"}],"question":"What if it breaks? ₹",\#
            "stages":[{"attempt":2,"function":"f","milliseconds":0.5}],"state":"answered","tenant":"acme",\#
            "usage":{"cache_read_tokens":3,"cache_write_tokens":4,"input_tokens":812,"output_tokens":61}}
            """#
        let second = #"""
            {"accepted_at":"2025-11-24T16:00:01.500Z","finished_at":"2025-11-24T16:00:01.500Z","id":"b",\#
            "opens_at":"2025-11-24T17:00:00.000Z","reason":"daily","stages":[],"state":"refused"}
            """#
        #expect(lines.map(String.init) == [first, second, ""])
        #expect(try await QuestionExport(history, tenant: "acme").write { _ in } == 1)
    }

    /// A tenant's questions are gone, nobody else's, and none whose answer is still to come.
    func checkDeletionOfTenant() async throws {
        let history = try await bench().history
        for number in 0..<1200 where !number.isMultiple(of: 3) || number < 30 {
            try await history.accept(
                id: "q\(number)", question: "?", tenant: number.isMultiple(of: 3) ? "globex" : "acme", expiresAt: nil)
            guard number > 1 else { continue }
            #expect(try await history.finish(id: "q\(number)", state: .failed, reason: "r", opensAt: nil))
        }
        try await history.recordStages([StageRun(questionID: "q2", function: "f", attempt: 1, milliseconds: 1)])
        let run = LoneRun(questionID: "q2", function: "f", attempt: 1)
        try await history.noteStart(of: run)
        #expect(try await history.runsWithoutEnd(like: run) == 1)
        let result = try await history.deleteQuestions(of: "acme")
        #expect(result.deleted == 799 && result.underWay == 1)
        #expect(try await history.question(id: "q2") == nil)
        #expect(try await history.question(id: "q1")?.state == .accepted)
        #expect(try await history.counts() == [.accepted: 2, .failed: 9])
        // Nothing is left of it that a question of that name would bring back.
        try await history.accept(id: "q2", question: "again", tenant: nil, expiresAt: nil)
        #expect(try await history.question(id: "q2")?.stages == [])
        #expect(try await history.runsWithoutEnd(like: run) == 0)
        let none = try await history.deleteQuestions(of: "nobody")
        #expect(none.deleted == 0 && none.underWay == 0)
    }

    /// What ended before an instant is gone, and nothing else, however old it is.
    func checkRetention() async throws {
        let bench = try await bench(1_000)
        let history = bench.history
        for id in ["old", "finished late", "never finished"] {
            try await history.accept(id: id, question: "?", tenant: nil, expiresAt: nil)
        }
        #expect(try await history.store(answer("old")))
        try await history.recordStages([StageRun(questionID: "old", function: "f", attempt: 1, milliseconds: 1)])
        bench.clock.set(2_000)
        #expect(try await history.store(answer("finished late")))
        #expect(try await history.deleteQuestions(olderThan: .seconds(1_000)) == 0)
        #expect(try await history.deleteQuestions(olderThan: .milliseconds(999_999)) == 1)
        #expect(try await history.question(id: "old") == nil)
        #expect(try await history.counts() == [.accepted: 1, .answered: 1])
    }
}
