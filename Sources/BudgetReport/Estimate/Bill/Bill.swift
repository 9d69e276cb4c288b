package import Spending

/// One line of a bill.
package struct BillLine: Sendable, Hashable {
    /// What programs call it: the name of its rate, or `model_budget`.
    package var item: String
    /// What people call it.
    package var title: String
    /// Which part of a bill it belongs to, for bills side by side.
    package var part: BillPart
    /// How much.
    package var quantity: Quantity
    /// Of what.
    package var unit: String
    /// What a unit costs; nil where no source says it.
    package var rate: Rate?
    /// What it comes to, rounded up to the nano-dollar; nil where no source says what a unit costs.
    package let amount: Money?

    /// Makes a line.
    ///
    /// - Throws: ``EstimateProblem/tooLarge``.
    package init(
        item: String, title: String, part: BillPart, quantity: Quantity, unit: String, rate: Rate?
    ) throws(EstimateProblem) {
        self.item = item
        self.title = title
        self.part = part
        self.quantity = quantity
        self.unit = unit
        self.rate = rate
        guard let rate else {
            amount = nil
            return
        }
        guard let cost = quantity.beyond(rate.free).cost(at: rate.perUnit) else { throw .tooLarge }
        amount = cost
    }

    /// A line of infrastructure.
    ///
    /// - Throws: ``EstimateProblem/tooLarge``.
    package init(_ name: RateName, _ quantity: Quantity, rate: Rate?) throws(EstimateProblem) {
        try self.init(
            item: name.rawValue, title: name.title, part: name.part, quantity: quantity, unit: name.unit, rate: rate)
    }
}

/// What a month costs, line by line.
package struct Bill: Sendable, Hashable {
    /// The lines, in order.
    package let lines: [BillLine]
    /// The sum of the lines whose rate is known.
    package let total: Money

    /// Sums lines up.
    ///
    /// - Throws: ``EstimateProblem/tooLarge``.
    package init(_ lines: [BillLine]) throws(EstimateProblem) {
        self.lines = lines
        var sum = Money.zero
        for amount in lines.compactMap(\.amount) {
            guard let next = sum.adding(amount) else { throw .tooLarge }
            sum = next
        }
        total = sum
    }

    /// The bill of a workload, and of the models that it may ask.
    ///
    /// - Throws: ``EstimateProblem/tooLarge``.
    package init(_ workload: Workload, rates: [RateName: Rate], models: [BillLine]) throws(EstimateProblem) {
        var lines: [BillLine] = []
        for (name, quantity) in workload.quantities {
            lines.append(try BillLine(name, quantity, rate: rates[name]))
        }
        try self.init(lines + models)
    }

    /// The lines that the sum leaves out.
    package var missing: [BillLine] { lines.filter { $0.amount == nil } }

    /// What the lines of one part come to; nil where there are none, or none of them has a rate.
    package func amount(of part: BillPart) -> Money? {
        let amounts = lines.filter { $0.part == part }.compactMap(\.amount)
        // The total fits, so its parts do.
        return amounts.isEmpty ? nil : Money(nanoUSD: amounts.reduce(0) { $0 + $1.nanoUSD })
    }
}
