import Foundation
import TestSupport
import Testing

@Suite(
    "real questions", .timeLimit(.minutes(5)),
    .enabled(if: ProcessInfo.processInfo.environment["SLUICE_SHARED_DATA"] != nil, "needs the shared data"))
struct RealQuestionsTests {
    private struct Question: Decodable {
        let id, query: String
    }

    @Test("twenty real questions are stored, charged, within the limit, and the counters equal the journal")
    func twenty() async throws {
        let data = try #require(ProcessInfo.processInfo.environment["SLUICE_SHARED_DATA"])
        let file = data + "/retrieval/consumer-questions-dev.jsonl"
        let questions = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").prefix(20).map {
            try JSONDecoder().decode(Question.self, from: Data($0.utf8))
        }
        #expect(questions.count == 20)
        let folder = try TemporaryFolder()
        var spent: Int64 = 0
        for question in questions {
            let ending = try await SluiceProcess.run(["ask", "--format", "json", question.query], in: folder.url)
            try #require(ending.status == 0, "\(question.id): \(ending.errors)")
            let answer = try AnswerJSON(ending.output)
            #expect(!answer.degraded, "\(question.id)")
            let cost = try #require(nanoUSD(answer.cost_usd))
            #expect(cost > 0, "\(question.id)")
            spent += cost
            #expect(nanoUSD(answer.budget.spent_usd) == spent, "\(question.id)")
        }
        #expect(spent <= 500_000_000)
        let verify = try await SluiceProcess.run(["budget", "verify", "--format", "json"], in: folder.url)
        let verification = try JSONDecoder().decode(VerificationJSON.self, from: Data(verify.output.utf8))
        #expect(verification.sound)
        // A hold and a settlement each.
        #expect(verification.entries == 40)
    }
}
