import BedrockStandIn
import Foundation
import TestSupport
import Testing

@Suite("Money is never guessed low, end to end", .timeLimit(.minutes(1)))
struct NeverGuessedLowEndToEndTests {
    @Test("the journal charges the bound where a model may have run")
    func bound() async throws {
        let long = String(repeating: "word ", count: 2000)
        let counts = #""prompt_token_count":1,"generation_token_count":1,"stop_reason":"stop""#
        let cases: [(status: Int, body: String, kind: String)] = [
            (503, "upstream connect error or disconnect/reset before headers", "charge"),
            (404, #"{"generation":"You can.","prompt_token_count":300}"#, "charge"),
            (200, #"{"generation":"\#(long)",\#(counts)}"#, "settle"), (401, #"{"message":"no"}"#, "release"),
        ]
        let event = SluiceProcess.repository + "/functions/llm-connector/events/passages.json"
        try await ModelServer.run { model in
            for (status, body, kind) in cases {
                let folder = try TemporaryFolder()
                model.next(1, .answer(status: status, headers: [:], body: body))
                _ = try await SluiceProcess.run(
                    ["invoke", "llm-connector", "--wait", "5", "--payload", "@\(event)"], in: folder.url,
                    environment: model.environment)
                let export = try await SluiceProcess.run(["budget", "export"], in: folder.url)
                // What people decide has no hold.
                let entries = try export.output.split(separator: "\n").filter { $0.contains("\"hold_id\":") }.map {
                    try JSONDecoder().decode(Entry.self, from: Data($0.utf8))
                }
                let held = try #require(entries.first { $0.kind == "reserve" }).held_usd
                let end = try #require(entries.last)
                #expect(end.kind == kind, "\(status): \(export.output)")
                #expect(end.spent_usd == (kind == "release" ? "0.00" : held), "\(status): \(export.output)")
            }
        }
    }

    @Test("what is said of a question's cost has what was charged in doubt for it", arguments: ["text", "json"])
    func doubt(format: String) async throws {
        let folder = try TemporaryFolder()
        try await ModelServer.run { model in
            model.next(2, .fail)
            let asked = try await SluiceProcess.run(
                ["ask", "--format", format, "The shop refuses to repair my faulty phone."], in: folder.url,
                environment: model.environment)
            #expect(asked.status == 0 && model.received.count == 2, "\(asked.errors)")
            let status = try await SluiceProcess.run(["budget", "status", "--format", "json"], in: folder.url)
            let spent = try #require(
                try JSONDecoder().decode(BudgetJSON.self, from: Data(status.output.utf8)).budgets.first
            ).spent_usd
            #expect(try #require(nanoUSD(spent)) > 0)
            if format == "text" {
                #expect(asked.output.contains("Cost\n  $\(spent) charged in doubt"), "\(asked.output)")
            } else {
                let answer = try AnswerJSON(asked.output)
                #expect(answer.degraded && answer.cost_usd == spent)
            }
            let history = try await SluiceProcess.run(["history", "export"], in: folder.url)
            let nano = try #require(nanoUSD(spent))
            #expect(history.output.contains("\"cost_nano_usd\":\(nano)"), "\(history.output)")
        }
    }

    private struct Entry: Decodable {
        let kind: String
        let spent_usd, held_usd: String?
    }
}
