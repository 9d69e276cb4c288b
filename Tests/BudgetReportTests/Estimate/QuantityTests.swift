import BudgetReport
import Spending
import TestSupport
import Testing

@Suite("Quantity")
struct QuantityTests {
    @Test("a cost is exact, and rounded up to the nano-dollar where it is not")
    func cost() throws {
        // 2 * 730 = 1460 vCPU-hours at $0.04048: $59.1008.
        #expect(Quantity(1460).cost(at: Money(nanoUSD: 40_480_000)) == Money("59.1008"))
        // A billionth of a GB at $0.30 is $0.0000000003, which is less than a nano-dollar.
        let billionth = try #require(Quantity("0.000000001"))
        #expect(billionth.cost(at: Money(nanoUSD: 300_000_000)) == Money(nanoUSD: 1))
        #expect(Quantity.zero.cost(at: Money(nanoUSD: 300_000_000)) == .zero)
        // 0.5 * 730.5 = 365.25, without a remainder.
        let half = try #require(Quantity("0.5"))
        #expect(Quantity("730.5")?.multiplied(by: half)?.description == "365.25")
    }

    @Test("what does not fit is nil, and never a wrong amount")
    func overflow() {
        #expect(Quantity.max.cost(at: Money(nanoUSD: .max)) == nil)
        #expect(Quantity.max.multiplied(by: Quantity(1_000_000_000)) == nil)
        // A million units at $9,000 are nine billion dollars, which just fit.
        #expect(Quantity.max.cost(at: Money(nanoUSD: 9_000_000_000_000)) == Money("9000000000.00"))
    }

    @Test("a quotient is rounded up to the billionth")
    func quotient() {
        #expect(Quantity(730, dividedBy: 24).description == "30.416666667")
        #expect(Quantity(720, dividedBy: 24).description == "30")
        #expect(Quantity(256, dividedBy: 1024).description == "0.25")
    }

    @Test("other ways to write a quantity are refused", arguments: ["-1", "1e3", "", "1,5", "0.0000000001", "1000001"])
    func unreadable(text: String) { #expect(Quantity(text) == nil) }

    @Test("a cost agrees with long multiplication, digit by digit")
    func longMultiplication() {
        var random = SeededGenerator(seed: 4)
        for _ in 0..<2000 {
            let thousandths = Int64.random(in: 0...999_999_999, using: &random)
            let rate = Int64.random(in: 0...2_000_000_000, using: &random)
            guard let quantity = Quantity("\(thousandths / 1000).\(String(1000 + thousandths % 1000).dropFirst())")
            else {
                Issue.record("\(thousandths) thousandths are a quantity")
                return
            }
            // At most 2 * 10^18: it fits, so that 64 bits can check what 128 bits computed.
            let product = thousandths * rate
            let expected = product / 1000 + (product % 1000 > 0 ? 1 : 0)
            #expect(quantity.cost(at: Money(nanoUSD: rate)) == Money(nanoUSD: expected))
        }
    }
}
