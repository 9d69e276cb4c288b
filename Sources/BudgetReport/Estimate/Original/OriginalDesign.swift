import Spending

/// The deployment design of 2025-10-26 that this project implements: seven containers in one task, in ap-south-1.
///
/// Its figures are a historic document's and do not change, so they stand here and in no rate file.
package enum OriginalDesign {
    /// What it calls "2 vCPU, 3 GB": no size that Fargate sells.
    package static let size = RequestedSize(cpuUnits: 2048, memoryMiB: 3072)
    /// The smallest size that Fargate sells and that holds it.
    package static var legalSize: FargateSize? {
        FargateSize.holding(cpuUnits: size.cpuUnits, memoryMiB: size.memoryMiB)
    }
    /// Its containers, with the CPU units and the MiB that each asks for.
    package static let containers: [(name: String, cpuUnits: Int, memoryMiB: Int)] = [
        ("pii-filter", 256, 256), ("rag-core", 256, 512), ("llm-connector", 256, 256), ("psql-worker", 256, 256),
        ("rabbitmq", 512, 512), ("postgres", 256, 512), ("chroma", 256, 256),
    ]
    /// Secrets in Secrets Manager.
    package static let secrets = 2
    /// What it expects on EFS.
    package static let storageGB = 5
    /// Hours that it counts a month.
    package static let hours = 730
    /// Queries that it expects in the 30 days that it counts for the model.
    package static let queries = 250 * 30

    /// The monthly totals that it prints, as it prints them.
    package static func printedTotals(_ capacity: Capacity) -> [String] {
        switch capacity {
        case .onDemand: ["$71", "$84.50"]
        case .spot: ["$38", "$37", "$36.50"]
        }
    }

    private static let source = "the original deployment design of 2025-10-26"

    private static func rate(_ nanoUSD: Int64) -> Rate {
        Rate(perUnit: Money(nanoUSD: nanoUSD), asOf: "2025-10-26", source: source)
    }

    /// The rates that it names.
    package static let rates: [RateName: Rate] = [
        .fargateX86VCPUHour: rate(40_480_000), .fargateX86GBHour: rate(4_445_000),
        .fargateSpotX86VCPUHour: rate(12_140_000), .fargateSpotX86GBHour: rate(1_334_000),
        .efsGBMonth: rate(300_000_000),
    ]

    /// Its own bill by its own rates: task, EFS, transfer and model, for that is all that it counts.
    ///
    /// As it stands, on demand: 2 * 730 * $0.04048 + 3 * 730 * $0.004445 + 5 * $0.30 + $1 + 7500 * $0.002
    /// = $59.1008 + $9.73455 + $1.50 + $1 + $15 = $86.33535.
    ///
    /// - Parameters:
    ///   - size: The size that is billed.
    ///   - capacity: On demand or Spot.
    /// - Returns: Its lines and their sum.
    /// - Throws: ``EstimateProblem/tooLarge``, which cannot happen with these figures.
    package static func bill(_ size: RequestedSize, _ capacity: Capacity) throws(EstimateProblem) -> Bill {
        let vcpuHours = Quantity(size.cpuUnits * hours, dividedBy: 1024)
        let gbHours = Quantity(size.memoryMiB * hours, dividedBy: 1024)
        let (vcpu, memory) = (RateName.vcpu(capacity, .x86), RateName.memory(capacity, .x86))
        return try Bill([
            BillLine(vcpu, vcpuHours, rate: rates[vcpu]),
            BillLine(memory, gbHours, rate: rates[memory]),
            BillLine(.efsGBMonth, Quantity(storageGB), rate: rates[.efsGBMonth]),
            BillLine(
                item: "transfer", title: "Internet transfer", part: .transfer, quantity: Quantity(1), unit: "month",
                rate: rate(1_000_000_000)),
            BillLine(
                item: "model_queries", title: "Model queries", part: .model,
                quantity: Quantity(queries), unit: "query", rate: rate(2_000_000)),
        ])
    }
}
