import Spending

/// Round marks along an axis of amounts, from zero to above the largest.
struct AmountScale {
    /// The marks, zero first.
    let marks: [Money]

    /// A scale of four or so steps of 1, 2 or 5 times a power of ten.
    init(upTo largest: Money) {
        let largest = max(1, largest.nanoUSD)
        var step: Int64 = 1
        var factors = [Int64(2), 5, 10].makeIterator()
        var base: Int64 = 1
        // At the latest with steps of 2 billion dollars.
        while largest / step >= 5 {
            if let factor = factors.next() {
                step = base * factor
            } else {
                base *= 10
                factors = [Int64(2), 5, 10].makeIterator()
            }
        }
        let count = (largest - 1) / step + 1
        // The last mark of the largest amounts is the largest amount that there is.
        marks = (0...count).map { Money(nanoUSD: step).multiplied(by: $0) ?? Money(nanoUSD: .max) }
    }

    /// Where an amount lies, 0 at the bottom and 1 at the top.
    func share(_ amount: Money) -> Double {
        Double(amount.nanoUSD) / Double(max(1, marks.last?.nanoUSD ?? 1))
    }

    /// The marks in words, all with the same number of decimals.
    var labels: [String] {
        let decimals = marks.compactMap { Cell.money($0).decimals }.max() ?? 2
        return marks.map { $0.dollars(decimals: decimals) }
    }
}
