import Foundation
import Spending
import TestSupport
import Testing

@Suite("Money")
struct MoneyTests {
    @Test(
        "is written with at least two decimals and no more than it needs",
        arguments: [
            (500_000_000, "0.50"), (6_924_000, "0.006924"), (0, "0.00"), (1, "0.000000001"), (-50_000_000, "-0.05"),
            (1_000_000_000, "1.00"), (.max, "9223372036.854775807"), (.min, "-9223372036.854775808"),
        ] as [(Int64, String)])
    func spells(_ nanoUSD: Int64, _ text: String) throws {
        #expect("\(Money(nanoUSD: nanoUSD))" == text)
        #expect(Money(text, allowsNegative: true) == (nanoUSD == 0 ? .zero : Money(nanoUSD: nanoUSD)))
    }

    @Test(
        "reads shorter ways to write the same",
        arguments: [("1", 1_000_000_000), ("0.5", 500_000_000), ("2.000", 2_000_000_000)])
    func reads(_ text: String, _ nanoUSD: Int64) {
        #expect(Money(text) == Money(nanoUSD: nanoUSD))
    }

    @Test(
        "reads nothing else",
        arguments: [
            "", ".", "0.", ".5", "00.5", "+1", "-1", "1e3", "1,000", " 1", "1 ", "1.0000000000", "0x1", "1.2.3", "NaN",
            "٠.٥", "9223372036.854775808", "99999999999999999999", "1_000", "$1",
        ])
    func rejects(_ text: String) {
        #expect(Money(text) == nil)
    }

    @Test("a minus is read only where it is allowed", arguments: ["-", "--1", "-0", "-0.00", "-9223372036.854775809"])
    func rejectsNegative(_ text: String) {
        #expect(Money(text, allowsNegative: true) == nil)
        #expect(Money("-1") == nil)
    }

    @Test("what is written is read back, for random amounts, also as JSON")
    func roundTrips() throws {
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<5000 {
            let bits = Int.random(in: 0..<64, using: &generator)
            let amount = Money(nanoUSD: Int64.random(in: .min ... .max, using: &generator) >> Int64(bits))
            #expect(Money(amount.description, allowsNegative: true) == amount)
            let json = try JSONEncoder().encode([amount])
            #expect(String(decoding: json, as: UTF8.self) == "[\"\(amount)\"]")
            #expect(try JSONDecoder().decode([Money].self, from: json) == [amount])
        }
    }

    @Test("JSON numbers are no money", arguments: ["[0.5]", "[\"5e1\"]", "[null]"])
    func rejectsJSON(_ json: String) {
        #expect(throws: DecodingError.self) { try JSONDecoder().decode([Money].self, from: Data(json.utf8)) }
    }

    @Test("sums, differences and products are exact or nil, for random amounts")
    func arithmetic() {
        var generator = SeededGenerator(seed: 2)
        for _ in 0..<5000 {
            let left = Int64.random(in: .min ... .max, using: &generator) >> Int64.random(in: 0..<64, using: &generator)
            let right =
                Int64.random(in: .min ... .max, using: &generator) >> Int64.random(in: 0..<64, using: &generator)
            let (a, b) = (Money(nanoUSD: left), Money(nanoUSD: right))
            #expect(a.adding(b)?.nanoUSD == Int64(exactly: Int128(left) + Int128(right)))
            #expect(a.subtracting(b)?.nanoUSD == Int64(exactly: Int128(left) - Int128(right)))
            #expect(a.multiplied(by: right)?.nanoUSD == Int64(exactly: Int128(left) * Int128(right)))
            #expect((a < b) == (left < right))
        }
    }
}
