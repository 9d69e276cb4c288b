import Foundation
import TestSupport
import Testing

@Suite("sluice ask", .timeLimit(.minutes(2)))
struct AskTests {
    static let question =
        "The shop refuses to replace my faulty washing machine under warranty. What can I do? Call me on "

    @Test("answers from notes about defects, complaint and forum, and shows tokens, cost and what is left")
    func answers() async throws {
        let folder = try TemporaryFolder()
        let ending = try await SluiceProcess.run(
            ["ask", "--format", "json", Self.question + "9876543210"], in: folder.url)
        try #require(ending.status == 0, "\(ending.errors)")
        let answer = try AnswerJSON(ending.output)
        #expect(answer.question_redacted == Self.question + "[PHONE_1]")
        let cited = Set(answer.citations.map(\.id))
        #expect(cited.isSuperset(of: ["defective-goods", "shop-refuses-warranty", "which-commission"]))
        #expect(answer.citations.allSatisfy { answer.answer.contains("[\($0.id)]") })
        #expect(!answer.degraded)
        #expect(answer.stages.map(\.function) == ["pii-filter", "rag-core", "llm-connector", "psql-worker"])
        #expect(answer.stages.allSatisfy { $0.attempt == 1 && $0.milliseconds >= 0 })

        let (input, output) = (answer.usage.input_tokens, answer.usage.output_tokens)
        #expect(input > 100 && output > 10)
        let cost = try #require(nanoUSD(answer.cost_usd))
        // The price book's figures for Llama 3 70B in ap-south-1.
        #expect(cost == Int64(input) * 3180 + Int64(output) * 4200)
        #expect(answer.budget.limit_usd == "0.50")
        #expect(nanoUSD(answer.budget.spent_usd) == cost)
        #expect(answer.budget.held_usd == "0.00")
        #expect(nanoUSD(answer.budget.remaining_usd) == 500_000_000 - cost)
    }

    @Test(
        "keeps a phone number out of data folder, output, log and model, in any grouping",
        arguments: [
            "9876543210", "98765 43210", "987-654-3210", "+91 98765 43210", "+91-9876543210", "09876543210",
            "9 8 7 6 5 4 3 2 1 0", "(98765)43210", "98.76.54.32.10", "९८७६५४३२१०",
        ])
    func redacts(number: String) async throws {
        let folder = try TemporaryFolder()
        let (ending, received) = try await ModelServer.run { model in
            let ending = try await SluiceProcess.run(
                ["ask", Self.question + number], in: folder.url,
                environment: model.environment.merging(["SLUICE_LOG_LEVEL": "trace"]) { $1 })
            return (ending, model.received.reduce(Data(), +))
        }
        try #require(ending.status == 0, "\(ending.errors)")

        #expect(!received.isEmpty)
        #expect(ending.output.contains("[PHONE_1]"))
        for (place, bytes) in [
            ("data folder and log", try folder.contents()), ("output", Data(ending.output.utf8)), ("model", received),
        ] {
            #expect(!bytes.isEmpty)
            #expect(bytes.firstRange(of: Data(number.utf8)) == nil, "the number is in the \(place)")
            #expect(!Self.holdsDigits("9876543210", in: bytes), "the number's digits are in the \(place)")
        }
    }

    /// Whether ten digits stand in a row with nothing but separators between them.
    static func holdsDigits(_ digits: String, in bytes: Data) -> Bool {
        let wanted = Array(digits.utf8)
        let separators = Set(" -.()+/\t\n".utf8)
        return bytes.indices.contains { start in
            var matched = 0
            for byte in bytes[start...].prefix(wanted.count * 3) {
                if byte == wanted[matched] { matched += 1 } else if !separators.contains(byte) || matched == 0 { break }
                if matched == wanted.count { return true }
            }
            return false
        }
    }

    @Test("prints the report for a person")
    func text() async throws {
        let folder = try TemporaryFolder()
        let ending = try await SluiceProcess.run(["ask", "What is a defect in goods?"], in: folder.url)
        try #require(ending.status == 0, "\(ending.errors)")
        for part in [
            "Question\n", "Stages\n", "  llm-connector", "Answer\n", "Rests on\n  [", "Cost\n  $0.00",
            "left of the limit of $0.50",
        ] {
            #expect(ending.output.contains(part), "\(part) is missing")
        }
        #expect(ending.errors.isEmpty)
    }

    @Test("a budget that rejects ends with 3 and says when to return")
    func rejects() async throws {
        let folder = try TemporaryFolder()
        let budgets = try Self.budgets(
            in: folder.url,
            replacing: [("exhausted: answer-without-model", "exhausted: reject")])
        try await BudgetTests.lower("0.001", budgets, in: folder.url)
        let ending = try await SluiceProcess.run(["ask", "--budgets", budgets, "What is a defect?"], in: folder.url)
        #expect(ending.status == 3)
        #expect(ending.output.isEmpty)
        let explanation =
            #/the budget `daily` has no room for a call \(it may cost up to \$0\.0\d+, \$0\.001 is left\); /#
        #expect(ending.errors.contains(explanation))
        let opens = "it opens at 2099-01-01 05:30 Asia/Kolkata (2099-01-01T00:00:00Z)\n"
        #expect(ending.errors.hasSuffix(opens))
        // The history keeps the sentence, and an invocation by hand is told the same.
        let history = try await SluiceProcess.run(["history", "export"], in: folder.url)
        #expect(history.output.contains("\"state\":\"refused\"") && history.output.contains(explanation))
        let event = SluiceProcess.repository + "/functions/llm-connector/events/passages.json"
        let invoked = try await SluiceProcess.run(
            ["invoke", "llm-connector", "--budgets", budgets, "--payload", "@\(event)"], in: folder.url)
        #expect(invoked.status == 3 && invoked.errors.contains(explanation) && invoked.errors.hasSuffix(opens))
        let status = try await SluiceProcess.run(["budget", "status", "--budgets", budgets], in: folder.url)
        #expect(status.output.contains("1 question refused, 0 answered"), "\(status.output)")
    }

    @Test("a limit without room for one call stops the start, and the check of prices says so too")
    func tooSmall() async throws {
        let folder = try TemporaryFolder()
        let budgets = try Self.budgets(in: folder.url, replacing: [("limit: \"0.50\"", "limit: \"0.02\"")])
        let complaint =
            "the budget daily has a limit of $0.02, which has no room for one call of llm-connector to"
            + " meta.llama3-70b-instruct-v1:0 of bedrock in ap-south-1: it may cost up to $0.02338608; raise the limit in"
            + " budgets"
        let ending = try await SluiceProcess.run(["ask", "--budgets", budgets, "What is a defect?"], in: folder.url)
        #expect(ending.status == 1 && ending.errors == "sluice: \(complaint)\n")
        let check = try await SluiceProcess.run(
            ["budget", "prices", "--check", "--format", "json", "--budgets", budgets], in: folder.url)
        #expect(check.status == 1 && check.output.contains(complaint))
    }

    /// A copy of the shipped budgets with some texts replaced.
    static func budgets(in folder: URL, replacing texts: [(String, String)]) throws -> String {
        let budgets = folder.appending(path: "budgets")
        try FileManager.default.copyItem(atPath: SluiceProcess.repository + "/budgets", toPath: budgets.path)
        let file = budgets.appending(path: "consumer-rights.yaml")
        var text = try String(contentsOf: file, encoding: .utf8)
        for (old, new) in texts {
            try #require(text.contains(old))
            text = text.replacing(old, with: new)
        }
        try text.write(to: file, atomically: true, encoding: .utf8)
        return budgets.path
    }

    @Test("over the limit, answers from the passages alone, says so, and spends no more")
    func degrades() async throws {
        let folder = try TemporaryFolder()
        let budgets = try Self.budgets(in: folder.url, replacing: [("limit: \"0.50\"", "limit: \"0.05\"")])
        var degraded: [Bool] = []
        for number in 1...15 {
            let ending = try await SluiceProcess.run(
                [
                    "ask", "--budgets", budgets, "--format", "json",
                    "The shop sold me a faulty phone number \(number) and gives no refund.",
                ],
                in: folder.url)
            try #require(ending.status == 0, "\(ending.errors)")
            let answer = try AnswerJSON(ending.output)
            degraded.append(answer.degraded)
            #expect(try #require(nanoUSD(answer.budget.spent_usd)) <= 50_000_000)
            if answer.degraded {
                #expect(answer.cost_usd == "0.00")
                #expect(!answer.citations.isEmpty)
                #expect(answer.answer.contains("budget"))
            }
        }
        #expect(degraded.first == false)
        #expect(degraded.last == true)
        let verify = try await SluiceProcess.run(["budget", "verify"], in: folder.url)
        #expect(verify.status == 0)
    }
}
