import Bedrock
import FunctionKit
import Spending
import Testing

@Suite
struct CountedTokensTests {
    /// Of a prompt of 1,000 bytes and 512 tokens at most, answered with 2,000 bytes, of which 1,800 are text.
    private static func limits(window: Int? = 8192, bytes: Int = 1000, textBytes: Int = 1800) -> TokenLimits {
        var price = StandInFixture.price(StandInFixture.model)
        price.windowTokens = window
        let call = PaidCall(
            id: CallID(questionID: "q", function: "f", ordinal: 0, digest: "d"), model: price.model, tenant: nil,
            inputBytes: bytes, outputTokensMax: 512)
        return TokenLimits(of: call, at: price, answerBytes: 2000, textBytes: textBytes)
    }

    @Test(
        "of each count the higher one that can be true is paid for",
        arguments: [
            // body, headers, tokens, and whether the body says so
            ((300, 12), (300, 12), (300, 12), true), ((300, 12), (nil, nil), (300, 12), true),
            ((nil, nil), (300, 12), (300, 12), false), ((10, 1), (300, 12), (300, 12), false),
            ((300, 12), (10, 1), (300, 12), true), ((300, 1), (10, 12), (300, 12), false),
            ((0, 0), (300, 12), (300, 12), false), ((300, 0), (0, 12), (300, 12), false),
            ((999_999_999, 12), (300, 12), (300, 12), false), ((300, 999_999_999), (nil, 12), (300, 12), false),
            ((.max, .max), (300, 12), (300, 12), false),
            // A model that ignored what it was granted: a breach, which is paid for.
            ((300, 600), (nil, nil), (300, 600), true), ((5000, 12), (nil, nil), (5000, 12), true),
        ] as [((Int?, Int?), (Int?, Int?), (Int, Int), Bool)])
    func higher(body: (Int?, Int?), headers: (Int?, Int?), tokens: (Int, Int), isBody: Bool) throws {
        let counted = try #require(
            CountedTokens(
                body: TokenCounts(input: body.0, output: body.1),
                headers: TokenCounts(input: headers.0, output: headers.1), within: Self.limits()))
        #expect(counted.usage == TokenUsage(inputTokens: tokens.0, outputTokens: tokens.1))
        #expect(counted.source == (isBody ? .body : .headers))
    }

    @Test(
        "where no count can be true there is none",
        arguments: [
            (0, 0), (0, 12), (300, 0), (nil, 12), (300, nil), (nil, nil), (-1, 12), (8193, 12), (300, 8193),
            // Each may be, and both together pass the window.
            (8000, 500), (.max, .max), (.max, 12), (300, .max),
        ] as [(Int?, Int?)])
    func none(input: Int?, output: Int?) {
        let counts = TokenCounts(input: input, output: output)
        #expect(CountedTokens(body: counts, headers: counts, within: Self.limits()) == nil)
        #expect(CountedTokens(body: counts, headers: TokenCounts(), within: Self.limits()) == nil)
    }

    @Test("an answer without text may be no tokens, and so may an empty prompt")
    func nothing() throws {
        let counted = CountedTokens(
            body: TokenCounts(input: 300, output: 0), headers: TokenCounts(), within: Self.limits(textBytes: 0))
        #expect(counted?.usage == TokenUsage(inputTokens: 300, outputTokens: 0))
        let empty = TokenCounts(input: 0, output: 1)
        #expect(CountedTokens(body: empty, headers: TokenCounts(), within: Self.limits(bytes: 0, textBytes: 1)) != nil)
    }

    @Test(
        "fewer tokens than the texts can be are no count",
        arguments: [
            (1, 12, false), (3, 12, false), (4, 12, true), (300, 1, false), (300, 7, false), (300, 8, true),
            (1, 1, false), (4, 8, true),
        ])
    func tooFew(input: Int, output: Int, canBe: Bool) {
        // 256 bytes a token: 4 for the prompt, 8 for the text.
        let counts = TokenCounts(input: input, output: output)
        #expect((CountedTokens(body: counts, headers: TokenCounts(), within: Self.limits()) != nil) == canBe)
        // A text that is longer than the model's window leaves no count but the window's own.
        let counted = CountedTokens(
            body: TokenCounts(input: 8191, output: 1), headers: TokenCounts(),
            within: Self.limits(bytes: 10_000_000, textBytes: 1))
        #expect(counted == nil)
    }

    @Test("a thing that is counted more than once counts as the most")
    func twice() {
        func headers(_ value: String) -> Int? {
            TokenCounts(headers: ["x-amzn-bedrock-input-token-count": value]).input
        }
        #expect(
            [headers("500, 300"), headers("300,500"), headers(" +500 "), headers("500.0")] == [500, 500, 500, 500])
        #expect(
            [headers("x, 40"), headers("-500"), headers(""), headers("3.5"), headers("nan")] == [
                40, nil, nil, nil, nil,
            ])
    }

    @Test("tokens of the service's cache are read too, whoever counts them")
    func cached() throws {
        let headers = TokenCounts(headers: [
            "x-amzn-bedrock-input-token-count": "1", "x-amzn-bedrock-output-token-count": "12",
            "x-amzn-bedrock-cache-read-input-token-count": "700",
            "x-amzn-bedrock-cache-write-input-token-count": "90",
        ])
        let body = TokenCounts(input: 1, output: 12, cacheRead: 701)
        let counted = try #require(CountedTokens(body: body, headers: headers, within: Self.limits()))
        #expect(
            counted.usage
                == TokenUsage(inputTokens: 1, outputTokens: 12, cacheReadTokens: 701, cacheWriteTokens: 90))
        #expect(counted.source == .headers)
        // What cannot be true of the cache is no count of the call.
        for many in [8192, .max] {
            let counts = TokenCounts(input: 300, output: 12, cacheRead: many, cacheWrite: many)
            #expect(CountedTokens(body: counts, headers: TokenCounts(), within: Self.limits()) == nil)
        }
    }

    @Test(
        "a total that is more than its parts counts where it can be true, at the dearer rate first",
        arguments: [
            (nil, 8192, 300, 12), (312, 8192, 300, 12), (10, 8192, 300, 12), (5000, 8192, 300, 4700),
            (8192, 8192, 300, 7892), (8193, 8192, 300, 12), (.max, 8192, 300, 12),
            // No more than 16 times 2,000 bytes, and 1,024 for the message and the call each, can have been written.
            (40_000, nil, 5952, 34_048),
        ] as [(Int?, Int?, Int, Int)])
    func total(total: Int?, window: Int?, input: Int, output: Int) throws {
        let counts = TokenCounts(input: 300, output: 12, total: total)
        let limits = Self.limits(window: window)
        let counted = try #require(CountedTokens(body: counts, headers: TokenCounts(), within: limits))
        #expect(counted.usage == TokenUsage(inputTokens: input, outputTokens: output) && counted.source == .body)
    }

    @Test("without a window the texts bound what can be true", arguments: [(18_048, true), (18_049, false)])
    func withoutWindow(input: Int, canBe: Bool) {
        // 16 times 1,000 bytes and 1,024 tokens for the message and the call each.
        let counts = TokenCounts(input: input, output: 12)
        let counted = CountedTokens(body: counts, headers: TokenCounts(), within: Self.limits(window: nil))
        #expect((counted != nil) == canBe)
    }
}
