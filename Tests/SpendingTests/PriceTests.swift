import Foundation
import FunctionKit
import Spending
import TestSupport
import Testing

@Suite("A price with rates for cached tokens")
struct PriceTests {
    static func price(
        input: Int64 = 3180, output: Int64 = 4200, read: Int64? = nil, write: Int64? = nil,
        nanoTokensPerByte: Int64 = 1_000_000_000, fixed: Int = 8
    ) -> Price {
        Price(
            model: PriceBookTests.model, from: .distantPast, inputNanoUSDPerToken: input,
            outputNanoUSDPerToken: output, cacheReadNanoUSDPerToken: read, cacheWriteNanoUSDPerToken: write,
            bound: TokenBound(
                nanoTokensPerByte: nanoTokensPerByte, tokensPerMessage: 8, fixed: fixed, because: "a test"),
            source: "a test", read: "2026-11-23")
    }

    @Test("is read from its file")
    func reads() throws {
        let text =
            PriceBookTests.valid + """

                    cache_read_nano_usd_per_token: 0
                    cache_write_nano_usd_per_token: 3975
                """
        let book = try TextFolder.read(["a.yaml": text], with: PriceBook.load)
        let price = try #require(book.all.first)
        #expect(price.cacheReadNanoUSDPerToken == 0 && price.cacheWriteNanoUSDPerToken == 3975)
        let without = try TextFolder.read(["a.yaml": PriceBookTests.valid], with: PriceBook.load)
        #expect(without.all.first?.cacheReadNanoUSDPerToken == nil)
        #expect(without.all.first?.cacheWriteNanoUSDPerToken == nil)
    }

    @Test(
        "charges cached tokens at their own rates, and without one at the dearest known for the prompt",
        arguments: [
            (318, 3975, 1000 * 3180 + 10 * 4200 + 100 * 318 + 20 * 3975),
            (nil, 3975, 1000 * 3180 + 10 * 4200 + 100 * 3975 + 20 * 3975),
            (318, nil, 1000 * 3180 + 10 * 4200 + 100 * 318 + 20 * 3180),
            (nil, nil, 1000 * 3180 + 10 * 4200 + 100 * 3180 + 20 * 3180),
            (0, 0, 1000 * 3180 + 10 * 4200),
        ] as [(Int64?, Int64?, Int64)])
    func cost(_ read: Int64?, _ write: Int64?, _ nano: Int64) {
        let usage = TokenUsage(inputTokens: 1000, outputTokens: 10, cacheReadTokens: 100, cacheWriteTokens: 20)
        #expect(Self.price(read: read, write: write).cost(of: usage) == Money(nanoUSD: nano))
    }

    @Test("has no cost for a count that cannot be true or does not fit")
    func impossible() {
        for usage in [
            TokenUsage(inputTokens: -1, outputTokens: 0), TokenUsage(inputTokens: 0, outputTokens: -1),
            TokenUsage(inputTokens: 0, outputTokens: 0, cacheReadTokens: -1),
            TokenUsage(inputTokens: 0, outputTokens: 0, cacheWriteTokens: -1),
            TokenUsage(inputTokens: 0, outputTokens: 0, cacheReadTokens: .max),
            TokenUsage(inputTokens: .max / 3180, outputTokens: 0, cacheWriteTokens: .max / 3180),
        ] {
            #expect(Self.price().cost(of: usage) == nil)
        }
    }

    @Test("holds the prompt at the dearest of the three rates")
    func bound() throws {
        let call = PriceBookTests.call(bytes: 1000, out: 512)
        #expect(try Self.price().bound(of: call) == Money(nanoUSD: 5_381_280))
        #expect(try Self.price(read: 318).bound(of: call) == Money(nanoUSD: 5_381_280))
        #expect(try Self.price(read: 318, write: 3975).bound(of: call) == Money(nanoUSD: 6_189_000))
        #expect(try Self.price(read: 9999).bound(of: call) == Money(nanoUSD: 1016 * 9999 + 512 * 4200))
    }

    @Test("its bound holds however a prompt is split into fresh, read and written tokens")
    func boundHolds() throws {
        var generator = SeededGenerator(seed: 9)
        for _ in 0..<2000 {
            let price = randomPrice(&generator)
            let call = randomCall(&generator)
            let most = try #require(
                price.bound.inputTokensMax(bytes: call.inputBytes, messages: call.messages))
            let read = Int.random(in: 0...most, using: &generator)
            let written = Int.random(in: 0...(most - read), using: &generator)
            let usage = TokenUsage(
                inputTokens: most - read - written,
                outputTokens: Int.random(in: 0...call.outputTokensMax, using: &generator),
                cacheReadTokens: read, cacheWriteTokens: written)
            #expect(try #require(price.cost(of: usage)) <= (try price.bound(of: call)))
        }
    }

    @Test("fits as many output tokens into a room as the bound allows, and not one more")
    func outputFits() throws {
        var generator = SeededGenerator(seed: 10)
        var seen: [Bool: Int] = [:]
        for _ in 0..<4000 {
            let price = randomPrice(&generator)
            var call = randomCall(&generator)
            let wanted = call.outputTokensMax
            let full = try price.bound(of: call).nanoUSD
            let room = Money(nanoUSD: Int64.random(in: -10...(full + full / 10 + 10), using: &generator))
            let most = price.outputTokensMax(of: call, within: room)
            seen[most == nil, default: 0] += 1
            guard let most else {
                call.outputTokensMax = 0
                #expect(try price.bound(of: call) > room)
                continue
            }
            #expect((0...wanted).contains(most))
            call.outputTokensMax = most
            #expect(try price.bound(of: call) <= room)
            if most < wanted {
                call.outputTokensMax = most + 1
                #expect(try price.bound(of: call) > room)
            }
        }
        #expect(seen[true, default: 0] > 100 && seen[false, default: 0] > 100)
    }

    @Test("fits output where writing costs nothing, and none where the prompt or the numbers do not fit")
    func outputEdges() throws {
        let call = PriceBookTests.call(bytes: 1000, out: 512)
        let prompt = Money(nanoUSD: 1016 * 3180)
        #expect(Self.price(output: 0).outputTokensMax(of: call, within: prompt) == 512)
        #expect(Self.price().outputTokensMax(of: call, within: prompt) == 0)
        #expect(Self.price().outputTokensMax(of: call, within: Money(nanoUSD: prompt.nanoUSD + 4199)) == 0)
        #expect(Self.price().outputTokensMax(of: call, within: Money(nanoUSD: prompt.nanoUSD + 4200)) == 1)
        #expect(Self.price().outputTokensMax(of: call, within: Money(nanoUSD: prompt.nanoUSD - 1)) == nil)
        #expect(Self.price().outputTokensMax(of: call, within: Money(nanoUSD: .min)) == nil)
        #expect(Self.price().outputTokensMax(of: call, within: Money(nanoUSD: .max)) == 512)
        let room = Money(nanoUSD: .max)
        let endless = PriceBookTests.call(bytes: 0, out: .max)
        let most = try #require(Self.price().outputTokensMax(of: endless, within: room))
        #expect(try Self.price().bound(of: PriceBookTests.call(bytes: 0, out: most)) <= room)
        #expect(throws: GovernorError.unbounded) {
            try Self.price().bound(of: PriceBookTests.call(bytes: 0, out: most + 1))
        }
        #expect(Self.price().outputTokensMax(of: PriceBookTests.call(bytes: .max, out: 1), within: room) == nil)
        #expect(Self.price().outputTokensMax(of: PriceBookTests.call(bytes: 1, out: -1), within: room) == nil)
    }

    @Test("does not heal a breach by its rates alone, but by its bound")
    func breach() {
        let breach = Breach(
            inputBytes: 100, messages: 1, outputTokensMax: 10,
            usage: TokenUsage(inputTokens: 50, outputTokens: 10, cacheReadTokens: 40, cacheWriteTokens: 40))
        #expect(!Self.price().covers(breach))
        #expect(!Self.price(read: 1, write: 9999).covers(breach))
        #expect(!Self.price(read: 0, write: 0).covers(breach))
        #expect(Self.price(read: 1, write: 9999, fixed: 22).covers(breach))
        var impossible = breach
        impossible.usage.cacheReadTokens = .max
        // A count that cannot be true was no breach.
        #expect(Self.price().covers(impossible))
        impossible.usage.cacheReadTokens = -1
        #expect(Self.price().covers(impossible))
        var narrow = Self.price()
        narrow.windowTokens = 139
        #expect(narrow.covers(breach))
        narrow.windowTokens = 140
        #expect(!narrow.covers(breach))
    }

    private func randomPrice(_ generator: inout SeededGenerator) -> Price {
        func rate(_ range: ClosedRange<Int64>) -> Int64? {
            Bool.random(using: &generator) ? Int64.random(in: range, using: &generator) : nil
        }
        return Self.price(
            input: Int64.random(in: 1...10_000, using: &generator), output: rate(1...10_000) ?? 0,
            read: rate(0...10_000), write: rate(0...20_000),
            nanoTokensPerByte: Int64.random(in: 1...11_000_000_000, using: &generator))
    }

    private func randomCall(_ generator: inout SeededGenerator) -> PaidCall {
        PriceBookTests.call(
            bytes: Int.random(in: 0...5000, using: &generator), messages: Int.random(in: 1...20, using: &generator),
            out: Int.random(in: 0...8192, using: &generator))
    }
}
