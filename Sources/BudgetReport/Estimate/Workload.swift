/// What runs, and what it uses in a month.
package struct Workload: Sendable, Hashable {
    /// The size of a task.
    package var size: FargateSize
    /// How many tasks run.
    package var tasks: Int
    /// How their capacity is bought.
    package var capacity: Capacity
    /// What they run on.
    package var architecture: Architecture
    /// How many hours of the month they run.
    package var hours: Int
    /// Each task's own storage, of which 20 GB cost nothing.
    package var ephemeralGB: Int
    /// How many tasks have a public address.
    package var publicAddresses: Int
    /// What lies on EFS.
    package var storageGB: Quantity
    /// Secrets in Secrets Manager.
    package var secrets: Int
    /// Log lines that CloudWatch takes in.
    package var logsGB: Quantity
    /// Log lines that CloudWatch keeps.
    package var logsStoredGB: Quantity
    /// What goes out to the internet.
    package var transferGB: Quantity
    /// Images in ECR.
    package var imagesGB: Quantity

    /// Each task has this much storage of its own for nothing.
    ///
    /// <https://aws.amazon.com/fargate/pricing/>
    package static let ephemeralGBFree = 20

    /// What is paid for, in the order of a bill, without what is not used.
    var quantities: [(RateName, Quantity)] {
        let taskHours = Quantity(tasks * hours)
        let uses: [(RateName, Quantity?)] = [
            (.vcpu(capacity, architecture), size.vcpu.multiplied(by: taskHours)),
            (.memory(capacity, architecture), size.memoryGB.multiplied(by: taskHours)),
            (
                .fargateEphemeralGBHour,
                Quantity(max(0, ephemeralGB - Self.ephemeralGBFree)).multiplied(by: taskHours)
            ),
            (.efsGBMonth, storageGB), (.publicIPv4Hour, Quantity(publicAddresses * hours)),
            (.secretMonth, Quantity(secrets)), (.logsIngestedGB, logsGB), (.logsStoredGBMonth, logsStoredGB),
            (.transferOutGB, transferGB), (.ecrGBMonth, imagesGB),
        ]
        return uses.compactMap { name, quantity in
            quantity.flatMap { $0 == .zero ? nil : (name, $0) }
        }
    }
}
