import BedrockStandIn
import Foundation
import TestSupport
import Testing

/// What people decide of a ledger, as commands.
@Suite("sluice budget breach and sluice budget clock", .timeLimit(.minutes(1)))
struct LedgerDecisionTests {
    private struct StatusJSON: Decodable {
        let clock_ahead_seconds: Int
    }

    private static let event = SluiceProcess.repository + "/functions/llm-connector/events/passages.json"
    private static let model = "meta.llama3-70b-instruct-v1:0"

    @Test("a model that cost more than its bound is asked no more until somebody accepts that")
    func breach() async throws {
        let folder = try TemporaryFolder()
        try await ModelServer.run { model in
            func sluice(_ arguments: String...) async throws -> SluiceProcess.Ending {
                try await SluiceProcess.run(arguments, in: folder.url, environment: model.environment)
            }
            func invoke() async throws -> SluiceProcess.Ending {
                try await sluice("invoke", "llm-connector", "--wait", "5", "--payload", "@\(Self.event)")
            }
            // Within the model's window, and far more than the prompt's bytes.
            let body =
                #"{"generation":"You can.","prompt_token_count":8000,"generation_token_count":4,"stop_reason":"stop"}"#
            model.next(1, .answer(status: 200, headers: [:], body: body))
            let dear = try await invoke()
            #expect(dear.status == 0 && dear.output.contains("You can."), "\(dear.errors)")

            let list = try await sluice("budget", "breach", "list", "--format", "csv")
            let line = try #require(list.output.split(whereSeparator: \.isNewline).dropFirst().first, "\(list.errors)")
            #expect(list.status == 0 && line.hasPrefix(Self.model) && line.contains(",no,"), "\(list.output)")
            _ = try await invoke()
            #expect(model.received.count == 1)

            #expect(try await sluice("budget", "breach", "accept", Self.model).status == 2)
            #expect(try await sluice("budget", "breach", "accept", "nobody", "--reason", "r").status != 0)
            let accept = try await sluice("budget", "breach", "accept", Self.model, "--reason", "counted twice, case 7")
            #expect(accept.status == 0, "\(accept.errors)")
            let accepted = try await sluice("budget", "breach", "list", "--format", "csv")
            #expect(accepted.output.contains(",yes,") && !accepted.output.contains(",no,"), "\(accepted.output)")
            #expect(try await sluice("budget", "export").output.contains("counted twice, case 7"))
            #expect(try await invoke().status == 0)
            #expect(model.received.count == 2)
            #expect(try await sluice("budget", "verify").status == 0)
        }
    }

    @Test("a ledger whose clock was ahead says so until somebody accepts the true time")
    func clock() async throws {
        let folder = try TemporaryFolder()
        func ahead() async throws -> Int {
            let ending = try await SluiceProcess.run(["budget", "status", "--format", "json"], in: folder.url)
            return try JSONDecoder().decode(StatusJSON.self, from: Data(ending.output.utf8)).clock_ahead_seconds
        }
        let environment = try await WrongClock.environment(secondsAhead: 2 * 86_400, in: folder.url)
        // By its own stand-in, which goes by the same clock.
        let asked = try await SluiceProcess.run(
            ["ask", "The shop refuses to repair my faulty phone."], in: folder.url, environment: environment)
        #expect(asked.status == 0, "\(asked.errors)")
        #expect(try await ahead() > 170_000)
        let status = try await SluiceProcess.run(["budget", "status"], in: folder.url)
        #expect((status.output + status.errors).contains("which its clock has not reached"), "\(status.output)")

        #expect(try await SluiceProcess.run(["budget", "clock", "accept"], in: folder.url).status == 2)
        let accept = try await SluiceProcess.run(
            ["budget", "clock", "accept", "--reason", "it woke up in the future"], in: folder.url)
        #expect(accept.status == 0 && accept.errors.contains("the ledger leaves"), "\(accept.errors)")
        #expect(try await ahead() == 0)
        let export = try await SluiceProcess.run(["budget", "export"], in: folder.url)
        #expect(export.output.contains("it woke up in the future"))
        #expect(try await SluiceProcess.run(["budget", "verify"], in: folder.url).status == 0)
    }
}
