package import Spending

/// A month's whole bill, the same task bought otherwise, and the original design beside it.
package struct Estimate: Sendable {
    /// A bill of the same task with other capacity or another processor.
    package struct Variant: Sendable, Hashable {
        /// How capacity is bought.
        package let capacity: Capacity
        /// What the task runs on.
        package let architecture: Architecture
        /// What it costs.
        package let bill: Bill
    }

    /// Whose rates these are.
    package let region: String
    /// The month that is billed.
    package let month: BillingMonth
    /// What runs.
    package let workload: Workload
    /// What it costs.
    package let bill: Bill
    /// All four ways to buy it, this one among them.
    package let variants: [Variant]
    /// The original design beside it.
    package let original: OriginalComparison
    /// What the reader of a file should know.
    package let notes: [String]

    /// Computes an estimate.
    ///
    /// - Parameters:
    ///   - options: What is asked for.
    ///   - region: A region of the book.
    ///   - book: What infrastructure costs.
    ///   - budgets: What models may cost.
    /// - Throws: ``EstimateProblem``.
    package init(
        _ options: EstimateOptions, in region: String, book: RateBook, budgets: [Budget]
    ) throws(EstimateProblem) {
        let rates = try options.rates(over: book.rates(of: region))
        let month = try options.billingMonth()
        let (workload, notes) = try options.workload(in: month)
        let models = try ModelBudgets.lines(budgets, in: month)
        self.region = region
        self.month = month
        self.workload = workload
        self.notes = notes
        bill = try Bill(workload, rates: rates, models: models)
        var variants: [Variant] = []
        for capacity in Capacity.allCases {
            for architecture in Architecture.allCases {
                var other = workload
                other.capacity = capacity
                other.architecture = architecture
                variants.append(
                    Variant(
                        capacity: capacity, architecture: architecture,
                        bill: try Bill(other, rates: rates, models: models)))
            }
        }
        self.variants = variants
        original = try OriginalComparison(
            beside: workload, rates: rates, usRates: book.regions[OriginalComparison.ratesRegion], models: models,
            region: region)
    }
}
