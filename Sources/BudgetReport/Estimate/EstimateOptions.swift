import Spending
import StrictYAML

/// What a person asks to be estimated, as it stands on the command line.
package struct EstimateOptions: Sendable {
    /// The task's size: vCPU and GB, or ECS units.
    package var cpu, memory: String?
    /// A task definition.
    package var taskDefinition: String?
    /// The stack's parameters.
    package var parameters: String?
    /// How capacity is bought, and what runs on it.
    package var capacity: Capacity?
    /// What the task runs on.
    package var architecture: Architecture?
    /// How many tasks run, and for how many hours of the month.
    package var tasks, hours: Int?
    /// A month of the calendar such as `2026-11`.
    package var month: String?
    /// Tasks with a public address, and secrets of Secrets Manager.
    package var publicIPs, secrets: Int?
    /// Gigabytes: of EFS, task storage, logs taken in and kept, transfer and images.
    package var storageGB, logGB, logStoredGB, transferGB, imageGB: String?
    /// Each task's own storage in GB.
    package var ephemeralGB: Int?
    /// Rates as `NAME=USD`.
    package var rates: [String] = []

    /// What is taken where neither option nor file says it; the help says so too.
    package enum Defaults {
        /// The task of the deployment.
        package static let size = RequestedSize(cpuUnits: 1024, memoryMiB: 2048)
        /// As the original design expects it.
        package static let storageGB = OriginalDesign.storageGB
        /// The database's password; the task role stands for AWS credentials.
        package static let secrets = 1
        /// JSON lines of some thousand questions a day.
        package static let logGB = 1
        /// Answers are small; 10 GB are some million of them.
        package static let transferGB = 10
        /// A release and a few before it.
        package static let imageGB = 1
    }

    /// Asks for nothing special.
    package init() {}

    /// The month that is billed.
    ///
    /// - Throws: ``EstimateProblem/badOption(_:value:advice:)``.
    package func billingMonth() throws(EstimateProblem) -> BillingMonth {
        guard let month else { return .average }
        guard let month = BillingMonth(month) else {
            throw .badOption("--month", value: month, advice: "write a month such as 2026-11")
        }
        return month
    }

    /// The rates of a region, with those that the person gives in their place.
    ///
    /// - Throws: ``EstimateProblem``.
    package func rates(over known: [RateName: Rate]) throws(EstimateProblem) -> [RateName: Rate] {
        var given: [RateName: Rate] = [:]
        for text in rates {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard let name = RateName(rawValue: parts[0]) else {
                throw .unknownRate(parts[0], nearest: nearest(to: parts[0], among: RateName.allCases.map(\.rawValue)))
            }
            guard parts.count == 2, let perUnit = Money(parts[1]) else {
                throw .badOption(
                    "--rate", value: text, advice: "write NAME=USD with at most nine decimals, such as \(parts[0])=0.30"
                )
            }
            guard given[name] == nil else { throw .conflict("--rate gives \(name.rawValue) twice; keep one") }
            // What is free stays free: the person gives another price, not another allowance.
            given[name] = Rate(
                perUnit: perUnit, free: known[name]?.free ?? .zero, asOf: nil, source: "given with --rate")
        }
        return known.merging(given) { _, given in given }
    }

    /// What runs and what it uses, with what the reader of a file should know.
    ///
    /// - Throws: ``EstimateProblem``.
    package func workload(in month: BillingMonth) throws(EstimateProblem) -> (workload: Workload, notes: [String]) {
        let (facts, file) = try facts()
        let size = try (facts.size ?? Defaults.size).fargate(file: file)
        let tasks = try whole("--tasks", tasks, in: 0...1000) ?? facts.tasks ?? 1
        let logs = try gigabytes("--log-gb", logGB, whole: Defaults.logGB, isUsed: facts.usesLogs)
        let workload = Workload(
            size: size, tasks: tasks, capacity: capacity ?? facts.capacity ?? .spot,
            architecture: architecture ?? facts.architecture ?? .x86,
            hours: try whole("--hours", hours, in: 0...month.hoursMax) ?? month.hours,
            ephemeralGB: try whole("--ephemeral-gb", ephemeralGB, in: 20...200) ?? facts.ephemeralGB
                ?? Workload.ephemeralGBFree,
            publicAddresses: try whole("--public-ips", publicIPs, in: 0...1000)
                ?? (facts.hasPublicAddress == false ? 0 : tasks),
            storageGB: try gigabytes("--storage-gb", storageGB, whole: Defaults.storageGB, isUsed: facts.usesEFS),
            secrets: try whole("--secrets", secrets, in: 0...10_000) ?? facts.secrets ?? Defaults.secrets,
            logsGB: logs,
            logsStoredGB: try logStoredGB == nil ? logs : gigabytes("--log-stored-gb", logStoredGB, whole: 0),
            transferGB: try gigabytes("--transfer-gb", transferGB, whole: Defaults.transferGB),
            imagesGB: try gigabytes("--image-gb", imageGB, whole: Defaults.imageGB, isUsed: facts.usesECR))
        return (workload, facts.notes)
    }

    private func facts() throws(EstimateProblem) -> (facts: TaskFacts, file: String?) {
        let ways = [cpu != nil || memory != nil, taskDefinition != nil, parameters != nil].filter { $0 }.count
        guard ways <= 1 else {
            throw .conflict("--cpu with --memory, --task-definition and --parameters each give the size; keep one")
        }
        if let file = taskDefinition {
            return (try TaskDefinition(JSONFile.contents(file), file: file).facts, file)
        }
        if let file = parameters { return (try StackParameters(JSONFile.contents(file), file: file).facts, file) }
        var facts = TaskFacts()
        switch (cpu, memory) {
        case (nil, nil): break
        case (let cpu?, let memory?): facts.size = try RequestedSize(cpuOption: cpu, memoryOption: memory)
        default: throw .conflict("--cpu and --memory go together; give both")
        }
        return (facts, nil)
    }

    private func gigabytes(
        _ option: String, _ text: String?, whole fallback: Int, isUsed: Bool? = nil
    ) throws(EstimateProblem) -> Quantity {
        guard let text else { return isUsed == false ? .zero : Quantity(fallback) }
        guard let quantity = Quantity(text) else {
            throw .badOption(option, value: text, advice: "write GB from 0 to 1000000, such as 2.5")
        }
        return quantity
    }

    private func whole(_ option: String, _ number: Int?, in range: ClosedRange<Int>) throws(EstimateProblem) -> Int? {
        guard let number, !range.contains(number) else { return number }
        throw .badOption(
            option, value: String(number),
            advice: "write a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
}
