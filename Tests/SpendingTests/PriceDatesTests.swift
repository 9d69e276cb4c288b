import CivilTime
import Foundation
import FunctionKit
import Spending
import StrictYAML
import Testing

@Suite("Dates of prices")
struct PriceDatesTests {
    /// A price list of entries that cost 1, 2, 3 … nano-dollars a token.
    private static func list(_ dates: (from: String, until: String?)..., first: Int = 1, region: String = "r") -> String
    {
        dates.enumerated().reduce("prices:\n") { text, entry in
            text + """
                  - provider: bedrock
                    region: \(region)
                    model: llama
                    from: \(entry.element.from)
                    until: \(entry.element.until ?? "LEFT OUT")
                    input_nano_usd_per_token: \(first + entry.offset)
                    output_nano_usd_per_token: 1
                    bound: {tokens_per_byte: 1, tokens_per_message: 8, fixed: 8, because: "it is so"}
                    source: "a page"
                    read: 2026-11-23

                """
        }.replacing("    until: LEFT OUT\n", with: "")
    }

    private static let model = ModelID(provider: "bedrock", region: "r", model: "llama")
    private static let (january, march, may) = ("2026-01-01T00:00:00Z", "2026-03-01T12:30:00Z", "2026-05-01T00:00:00Z")

    @Test("a new price counts from its exact instant, the old one until just before, and none after the last ends")
    func inForce() throws {
        let book = try TextFolder.read(
            [
                // The newest comes first: neither files nor entries need be in order.
                "a.yaml": Self.list((Self.march, Self.may), first: 2), "b.yaml": Self.list((Self.january, Self.march)),
            ], with: PriceBook.load)
        func rate(_ text: String, after seconds: Double = 0) throws -> Int64? {
            book.price(of: Self.model, at: try #require(instant(text)) + seconds)?.inputNanoUSDPerToken
        }
        #expect(try rate(Self.january, after: -0.001) == nil)
        #expect(try rate(Self.january) == 1)
        #expect(try rate(Self.march, after: -0.001) == 1)
        #expect(try rate(Self.march) == 2)
        #expect(try rate(Self.may, after: -0.001) == 2)
        #expect(try rate(Self.may) == nil)
        #expect(try rate("2099-01-01T00:00:00Z") == nil)
    }

    @Test("a price without an end counts until the next begins")
    func openEnd() throws {
        let text = Self.list((Self.january, nil), (Self.march, nil))
        let book = try TextFolder.read(["a.yaml": text], with: PriceBook.load)
        let change = try #require(instant(Self.march))
        #expect(book.price(of: Self.model, at: change - 0.001)?.inputNanoUSDPerToken == 1)
        #expect(book.price(of: Self.model, at: change)?.inputNanoUSDPerToken == 2)
        #expect(book.price(of: Self.model, at: .distantFuture)?.inputNanoUSDPerToken == 2)
        #expect(book.all.map(\.until) == [nil, nil])
    }

    @Test("a price is told that ends after, or well before, the next begins, or before its own beginning")
    func problems() throws {
        let overlap =
            "`prices[0].until`: the next price of `llama` is in force before this one ends; write `\(Self.march)`,"
            + " at which the next begins, or leave `until` out"
        let gap =
            "`prices[0].until`: no price of `llama` is in force from then until the next; write `\(Self.march)`,"
            + " at which the next begins, or leave `until` out"
        let backwards =
            "`prices[0].until`: the price ends before it is in force; write an instant after its `from`, or leave"
            + " `until` out where the price stays in force"
        for (until, message) in [
            ("2026-03-01T12:30:01Z", overlap), (Self.may, overlap), ("2026-03-01T12:29:59Z", gap),
            (Self.january, backwards), ("2025-12-31T23:59:59Z", backwards),
        ] {
            try expect([Self.list((Self.january, until), (Self.march, nil))], says: "a0.yaml:6: \(message)")
            try expect(
                [Self.list((Self.march, nil)), Self.list((Self.january, until))], says: "a1.yaml:6: \(message)")
        }
        // The last price too may not end before it begins.
        try expect([Self.list((Self.march, Self.january))], says: "a0.yaml:6: \(backwards)")
        try expect(
            [Self.list((Self.march, "2026-03-02"))],
            says: "a0.yaml:6: `prices[0].until`: write an instant such as `2024-04-18T00:00:00Z`")
    }

    @Test("two prices from one instant are told, also where the first ends there and then")
    func sameStart() throws {
        let message =
            "`prices[0]`: `llama` in r has another price from the same instant; keep one, or give the newer one its own"
            + " `from`"
        try expect(
            [Self.list((Self.march, nil)), Self.list((Self.march, Self.may))], says: "a1.yaml:2: \(message)")
    }

    @Test("each model and region has its own dates")
    func apart() throws {
        let book = try TextFolder.read(
            [
                "a.yaml": Self.list((Self.january, Self.march)),
                "b.yaml": Self.list((Self.january, nil), (Self.may, nil), region: "s"),
            ], with: PriceBook.load)
        #expect(book.all.count == 3)
        #expect(book.price(of: Self.model, at: try #require(instant(Self.march))) == nil)
    }

    private func expect(_ texts: [String], says: String) throws {
        let files = texts.enumerated().map { ("a\($0.offset).yaml", $0.element) }
        let folder = try TextFolder(Dictionary(uniqueKeysWithValues: files))
        let problem = try #require(throws: YAMLProblem.self) { try PriceBook.load(folder: folder.path) }
        #expect(problem.description == "\(folder.path)/\(says)")
    }
}
