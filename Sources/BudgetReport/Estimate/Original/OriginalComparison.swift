import Spending

/// The original design's bill in three readings, and where its own totals disagree.
package struct OriginalComparison: Sendable {
    /// Its size and its rates, as it stands.
    package let asWritten: Bill
    /// The next size that Fargate sells, at its rates.
    package let legalSize: Bill
    /// That size at the region's rates, with all that it leaves out.
    package let inRegion: Bill
    /// Its slips, a sentence each.
    package let slips: [String]

    /// The region whose on-demand rates the design names, though it deploys elsewhere.
    static let ratesRegion = "us-east-1"
    /// The region that it deploys in.
    static let region = "ap-south-1"

    /// Computes the three bills.
    ///
    /// - Parameters:
    ///   - workload: What it stands beside: capacity, hours and use are the same, as far as the design does not say.
    ///   - rates: The region's rates.
    ///   - usRates: The rates of ``ratesRegion``, to compare; nil where nobody has read them.
    ///   - models: What models may cost.
    ///   - region: The region's name.
    /// - Throws: ``EstimateProblem/tooLarge``.
    init(
        beside workload: Workload, rates: [RateName: Rate], usRates: [RateName: Rate]?, models: [BillLine],
        region: String
    ) throws(EstimateProblem) {
        let legal = OriginalDesign.legalSize ?? workload.size
        var original = workload
        original.size = legal
        original.tasks = 1
        original.architecture = .x86
        original.ephemeralGB = Workload.ephemeralGBFree
        original.publicAddresses = 1
        original.storageGB = Quantity(OriginalDesign.storageGB)
        original.secrets = OriginalDesign.secrets
        let capacity = workload.capacity
        asWritten = try OriginalDesign.bill(OriginalDesign.size, capacity)
        legalSize = try OriginalDesign.bill(
            RequestedSize(cpuUnits: legal.cpuUnits, memoryMiB: legal.memoryMiB), capacity)
        inRegion = try Bill(original, rates: rates, models: models)
        slips = Self.slips(asWritten: asWritten, capacity: capacity, legal: legal, usRates: usRates)
    }

    private static func slips(
        asWritten: Bill, capacity: Capacity, legal: FargateSize, usRates: [RateName: Rate]?
    ) -> [String] {
        let (size, containers) = (OriginalDesign.size, OriginalDesign.containers)
        let memory = FargateSize.memory(with: size.cpuUnits) ?? "other memory"
        let transfer = asWritten.amount(of: .transfer) ?? .zero
        let model = asWritten.amount(of: .model) ?? .zero
        let printed = OriginalDesign.printedTotals(capacity)
        let totals =
            "Its totals disagree: it prints \(listed(printed)); its own lines come to"
            + " \(dollars(asWritten.total)), \(dollars(asWritten.total, without: transfer)) without the transfer and"
            + " \(dollars(asWritten.total, without: model)) without the model."
        var slips = [
            "Its \(containers.count) containers ask for \(containers.reduce(0) { $0 + $1.cpuUnits }) CPU units and"
                + " \(containers.reduce(0) { $0 + $1.memoryMiB }) MiB; it books \(size), which is no Fargate size:"
                + " \(Quantity(size.cpuUnits, dividedBy: 1024)) vCPU goes with \(memory). The next legal size is"
                + " \(legal).",
            totals,
            "It counts 730 hours for the task, which are 30.4 days, and 30 days for the model.",
            "It leaves out the public address, the secrets, the logs and the images.",
        ]
        let own = OriginalDesign.rates
        if let usRates,
            [RateName.fargateX86VCPUHour, .fargateX86GBHour].allSatisfy({
                own[$0]?.perUnit == usRates[$0]?.perUnit
            })
        {
            slips.append(
                "Its on-demand rates are those of \(ratesRegion), and its Spot rates 30 % of them; it deploys in"
                    + " \(region).")
        }
        return slips
    }

    private static func listed(_ texts: [String]) -> String {
        texts.dropLast().joined(separator: ", ") + " and " + (texts.last ?? "")
    }

    private static func dollars(_ total: Money, without part: Money = .zero) -> String {
        "$\(total.subtracting(part) ?? total)"
    }
}
