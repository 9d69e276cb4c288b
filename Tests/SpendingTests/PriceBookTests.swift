import CivilTime
import Foundation
import FunctionKit
import Spending
import StrictYAML
import TestSupport
import Testing

@Suite("The price book")
struct PriceBookTests {
    static let valid = """
        prices:
          - provider: bedrock
            region: ap-south-1
            model: llama
            from: 2024-04-18T00:00:00Z
            input_nano_usd_per_token: 3180
            output_nano_usd_per_token: 4200
            bound: {tokens_per_byte: 1, tokens_per_message: 8, fixed: 8, because: "it is so"}
            source: "a page"
            read: 2026-11-23
        """
    static let model = ModelID(provider: "bedrock", region: "ap-south-1", model: "llama")

    static func call(bytes: Int, messages: Int = 1, out: Int) -> PaidCall {
        PaidCall(
            id: CallID(questionID: "q", function: "f", ordinal: 0, digest: "d"), model: model, tenant: nil,
            inputBytes: bytes, messages: messages, outputTokensMax: out)
    }

    @Test("bounds a call by its bytes, messages and output")
    func bounds() throws {
        let book = try TextFolder.read(["a.yaml": Self.valid], with: PriceBook.load)
        let now = try #require(instant("2026-11-23T00:00:00Z"))
        #expect(
            try book.price(of: Self.model, at: now)?.bound(of: Self.call(bytes: 1000, out: 512)) == Money("0.00538128"))
        #expect(
            book.price(of: Self.model, at: now)?.cost(of: TokenUsage(inputTokens: 1500, outputTokens: 512))
                == Money("0.0069204"))
        #expect(try book.price(of: Self.model, at: #require(instant("2024-04-17T23:59:59Z"))) == nil)
    }

    @Test("a newer price is in force from its instant on")
    func newerPrice() throws {
        let newer = Self.valid.replacing("2024-04-18", with: "2026-01-01").replacing("3180", with: "1")
        let book = try TextFolder.read(["a.yaml": newer, "b.yaml": Self.valid], with: PriceBook.load)
        func input(_ text: String) throws -> Int64? {
            book.price(of: Self.model, at: try #require(instant(text)))?.inputNanoUSDPerToken
        }
        #expect(try input("2024-04-17T00:00:00Z") == nil)
        #expect(try input("2025-12-31T23:59:59Z") == 3180)
        #expect(try input("2026-01-01T00:00:00Z") == 1)
        #expect(book.all.map(\.inputNanoUSDPerToken) == [3180, 1])
    }

    @Test("broken tokens are rounded up, and no size overflows")
    func rounding() throws {
        let bound = TokenBound(nanoTokensPerByte: 333_333_333, tokensPerMessage: 2, fixed: 1, because: "a test")
        #expect(bound.inputTokensMax(bytes: 0, messages: 0) == 1)
        #expect(bound.inputTokensMax(bytes: 1, messages: 1) == 4)
        #expect(bound.inputTokensMax(bytes: 4, messages: 0) == 3)
        #expect(bound.inputTokensMax(bytes: -1, messages: 0) == nil)
        #expect(bound.inputTokensMax(bytes: .max, messages: 0) == nil)
        #expect(bound.inputTokensMax(bytes: 0, messages: .max) == nil)
        let price = try #require(
            try TextFolder.read(["a.yaml": Self.valid], with: PriceBook.load).price(
                of: Self.model, at: .distantFuture))
        #expect(throws: GovernorError.unbounded) { try price.bound(of: Self.call(bytes: 1, out: .max)) }
        #expect(throws: GovernorError.unbounded) { try price.bound(of: Self.call(bytes: 1, out: -1)) }
    }

    @Test("the bound holds for every usage within it, for random prices and sizes")
    func boundHolds() throws {
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<2000 {
            let nano = Int64.random(in: 1...11_000_000_000, using: &generator)
            let price = Price(
                model: Self.model, from: .distantPast,
                inputNanoUSDPerToken: Int64.random(in: 1...100_000, using: &generator),
                outputNanoUSDPerToken: Int64.random(in: 0...100_000, using: &generator),
                bound: TokenBound(nanoTokensPerByte: nano, tokensPerMessage: 8, fixed: 8, because: "a test"),
                source: "a test", read: "2026-11-23")
            let call = Self.call(
                bytes: Int.random(in: 0...100_000, using: &generator),
                messages: Int.random(in: 1...20, using: &generator),
                out: Int.random(in: 0...8192, using: &generator))
            // The most tokens there can be, by exact arithmetic.
            let most =
                (Int128(call.inputBytes) * Int128(nano) + 999_999_999) / 1_000_000_000 + 8 * Int128(call.messages) + 8
            let usage = TokenUsage(inputTokens: Int(most), outputTokens: call.outputTokensMax)
            #expect(price.cost(of: usage) == (try price.bound(of: call)))
        }
    }

    @Test(
        "tells file, line and what to write instead",
        arguments: [
            ("2024-04-18T00:00:00Z", "2024-04-18", 5, "`2024-04-18T00:00:00Z`"),
            ("input_nano_usd_per_token: 3180", "input_nano_usd_per_token: 0.00318", 6, "whole number"),
            ("input_nano_usd_per_token: 3180", "input_nano_usd_per_token: 0", 6, "whole number"),
            (
                "output_nano_usd_per_token: 4200", "cache_reed_nano_usd_per_token: 1", 7,
                "`cache_read_nano_usd_per_token`?"
            ),
            ("read: 2026-11-23", "read: 2026-11-23\n    cache_write_nano_usd_per_token: -1", 11, "whole number from 0"),
            ("read: 2026-11-23", "read: 2026-11-23\n    cache_read_nano_usd_per_token: 0.5", 11, "whole number from 0"),
            ("output_nano_usd_per_token: 4200", "output_nano_usd_per_token: -1", 7, "whole number"),
            ("output_nano_usd_per_token: 4200", "output_usd: 1", 7, "unknown key"),
            ("tokens_per_byte: 1", "tokens_per_byte: 0", 8, "above 0"),
            ("tokens_per_byte: 1", "tokens_per_bite: 1", 8, "did you mean `tokens_per_byte`?"),
            (", because: \"it is so\"", "", 8, "`because` is missing"),
            ("because: \"it is so\"", "because: \"\"", 8, "write a text"),
            ("source: \"a page\"", "source: \"\"", 9, "write a text"),
            ("read: 2026-11-23", "read: 2026-02-30", 10, "a day such as"),
        ])
    func problems(_ old: String, _ new: String, _ line: Int, _ message: String) throws {
        let folder = try TextFolder(["a.yaml": Self.valid.replacing(old, with: new)])
        let problem = try #require(throws: YAMLProblem.self) { try PriceBook.load(folder: folder.path) }
        #expect(problem.file == "\(folder.path)/a.yaml" && problem.line == line)
        #expect(problem.message.contains(message), "\(problem)")
    }

    @Test("needs source and bound, and takes no two prices from one instant")
    func missing() throws {
        let lines = Self.valid.split(separator: "\n")
        for (key, text) in [
            ("source", "`source` is missing"), ("bound", "`bound` is missing"), ("read", "`read` is missing"),
        ] {
            let folder = try TextFolder([
                "a.yaml": lines.filter { !$0.contains("\(key):") }.joined(separator: "\n")
            ])
            let problem = try #require(throws: YAMLProblem.self) { try PriceBook.load(folder: folder.path) }
            #expect(problem.message.contains(text), "\(problem)")
        }
        let folder = try TextFolder(["a.yaml": Self.valid, "b.yaml": Self.valid])
        let problem = try #require(throws: YAMLProblem.self) { try PriceBook.load(folder: folder.path) }
        #expect(problem.file == "\(folder.path)/b.yaml" && problem.line == 2)
        #expect(problem.message.contains("from the same instant"))
    }
}

@Suite("The shipped budgets and prices")
struct ShippedFilesTests {
    static let budgets = URL(filePath: #filePath).appending(path: "../../../budgets").standardized.path()

    @Test("are valid, and the budget buys 72 questions of 1,500 tokens in and 512 out in Mumbai")
    func load() throws {
        let budgets = try Budget.load(folder: Self.budgets)
        let book = try PriceBook.load(folder: "\(Self.budgets)/prices")
        let budget = try #require(budgets.first)
        #expect(budgets.count == 1 && budget.name == "daily" && budget.limit == Money("0.50"))
        #expect(budget.exhausted == .answerWithoutModel && budget.scope == BudgetScope())
        #expect(budget.tenantShare(of: budget.limit) == Money("0.125"))
        let usage = TokenUsage(inputTokens: 1500, outputTokens: 512)
        let now = try #require(instant("2026-11-23T00:00:00Z"))
        for (region, answers) in [("ap-south-1", 72), ("us-east-1", 86)] as [(String, Int64)] {
            let model = ModelID(provider: "bedrock", region: region, model: "meta.llama3-70b-instruct-v1:0")
            let cost = try #require(book.price(of: model, at: now)?.cost(of: usage))
            #expect(budget.limit.nanoUSD / cost.nanoUSD == answers)
        }
    }
}
