import Bedrock
import BedrockStandIn
import FunctionKit
import FunctionTesting
import SQLite
import Spending
import SpendingSQLite
import Testing

/// What is charged for answers that a service or something in between could give.
@Suite("Money is never guessed low", .timeLimit(.minutes(1)))
struct NeverGuessedLowTests {
    private static let request = ModelRequest(
        prompt: String(repeating: "word ", count: 280), maxTokens: 64, temperature: 0, topP: 1)
    /// A token a byte and 16 more in, 64 out.
    private static let bound: Int64 = (1400 + 16) * 3180 + 64 * 4200

    private static func tokens(_ input: Int64, _ output: Int64) -> Int64 { input * 3180 + output * 4200 }

    private static func text(
        _ input: String = "300", _ output: String = "12", text: String = "You can.", more: String = ""
    ) -> String {
        #"{"generation":"\#(text)","prompt_token_count":\#(input),"generation_token_count":\#(output)\#(more)}"#
    }

    private static func headers(_ input: String, _ output: String, _ more: [String: String] = [:]) -> [String: String] {
        more.merging(["x-amzn-bedrock-input-token-count": input, "x-amzn-bedrock-output-token-count": output]) { $1 }
    }

    /// What is charged for one call with this answer.
    private static func charged(_ status: Int, _ headers: [String: String], _ body: String) async throws -> Int64 {
        try await StandInFixture.run { fixture in
            fixture.standIn.behaviour = .next(1, .answer(status: status, headers: headers, body: body))
            let model = GovernedModel(
                governor: fixture.governor, client: fixture.client, model: StandInFixture.model,
                callTimeout: .seconds(30))
            var cost: Int64?
            do throws(LanguageModelError) {
                let reply = try await model.generate(request, context: .testing())
                #expect(status == 200 && !reply.text.isEmpty)
                cost = reply.costNanoUSD
            } catch {
                #expect(status != 200, "\(error.code)")
            }
            let money = try await fixture.money()
            #expect(money.held == 0 && money.spent == cost ?? money.spent)
            return money.spent
        }
    }

    @Test(
        "fewer tokens than the texts can be are doubt",
        arguments: [
            (text("1", "1"), bound), (text("5", "12"), bound), (text("6", "1"), tokens(6, 1)),
            (text("300", "1", text: String(repeating: "word ", count: 2000)), bound),
            (text("300", "39", text: String(repeating: "word ", count: 2000)), bound),
            (text("300", "40", text: String(repeating: "word ", count: 2000)), tokens(300, 40)),
        ])
    func tooFew(body: String, cost: Int64) async throws {
        #expect(try await Self.charged(200, [:], body) == cost)
        // The other count can be true all the same.
        let headers = Self.headers("400", "50")
        #expect(try await Self.charged(200, headers, body) == Self.tokens(400, 50))
    }

    @Test(
        "of a count with two values the higher is paid",
        arguments: [
            ([:], text("20", "1", more: #","prompt_token_count":300,"generation_token_count":12"#), tokens(300, 12)),
            ([:], text("300", "12", more: #","prompt_token_count":20,"generation_token_count":1"#), tokens(300, 12)),
            ([:], text("20", "1", more: #","usage":{"input_tokens":300,"output_tokens":12}"#), tokens(300, 12)),
            (headers("500, 300", "40"), text(), tokens(500, 40)), (headers("300,500", "40"), text(), tokens(500, 40)),
            (headers("500.0", "12"), text(), tokens(500, 12)),
            // A second value that cannot be true leaves no count.
            ([:], text("20", "1", more: #","prompt_token_count":99999999"#), bound),
        ] as [([String: String], String, Int64)])
    func twice(headers: [String: String], body: String, cost: Int64) async throws {
        #expect(try await Self.charged(200, headers, body) == cost)
    }

    @Test(
        "tokens of a cache that has no price are doubt, whoever counts them",
        arguments: [
            (headers("300", "12", ["x-amzn-bedrock-cache-read-input-token-count": "700"]), text()),
            (headers("300", "12", ["x-amzn-bedrock-cache-write-input-token-count": "900"]), text()),
            ([:], text(more: #","cacheReadInputTokens":700"#)),
            ([:], text(more: #","usage":{"cache_creation_input_tokens":900}"#)),
        ] as [([String: String], String)])
    func cacheWithoutRates(headers: [String: String], body: String) async throws {
        #expect(try await Self.charged(200, headers, body) == Self.bound)
        // With prices each kind has its own, none of them free.
        try await StandInFixture.run { fixture in
            fixture.standIn.behaviour = .next(1, .answer(status: 200, headers: headers, body: body))
            var price = StandInFixture.price(StandInFixture.model)
            (price.cacheReadNanoUSDPerToken, price.cacheWriteNanoUSDPerToken) = (318, 3975)
            let governor = CostGovernor(
                ledger: try SQLiteLedger(store: .inMemory(schemas: [SQLiteLedger.schema])),
                prices: PriceBook([price]), budgets: [StandInFixture.budget()])
            let model = GovernedModel(
                governor: governor, client: fixture.client, model: price.model, callTimeout: .seconds(30))
            let reply = try await model.generate(Self.request, context: .testing())
            let isRead = reply.usage.cacheReadTokens > 0
            #expect(reply.costNanoUSD == Self.tokens(300, 12) + (isRead ? 700 * 318 : 900 * 3975))
        }
    }

    @Test(
        "a refusal is free only where surely no model ran",
        arguments: [
            (503, [:], "upstream connect error or disconnect/reset before headers", bound),
            (503, ["x-amzn-errortype": "ServiceUnavailableException"], "{}", 0),
            (503, ["x-amzn-errortype": "ServiceUnavailableException"], text(), bound),
            (400, [:], text(), bound), (404, [:], text(), bound), (429, headers("300", "12"), "x", bound),
            (401, headers("300", "12"), #"{"message":"x"}"#, bound), (401, [:], #"{"message":"x"}"#, 0),
            (400, ["x-amzn-errortype": "ModelErrorException"], #"{"message":"x"}"#, bound),
            (302, headers("300", "12"), "", bound), (302, [:], "", 0),
        ] as [(Int, [String: String], String, Int64)])
    func refusals(status: Int, headers: [String: String], body: String, cost: Int64) async throws {
        #expect(try await Self.charged(status, headers, body) == cost)
    }
}
