/// A size that Fargate sells, in ECS's own units.
///
/// From AWS's table of valid sizes for Linux tasks:
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html>.
package struct FargateSize: Sendable, Hashable {
    /// CPU units; 1024 are a vCPU.
    package let cpuUnits: Int
    /// Mebibytes of memory, which AWS bills as gigabytes of 1024.
    package let memoryMiB: Int

    /// The vCPUs.
    package var vcpu: Quantity { Quantity(cpuUnits, dividedBy: 1024) }
    /// The gigabytes.
    package var memoryGB: Quantity { Quantity(memoryMiB, dividedBy: 1024) }

    /// Every size that there is: by vCPU, then by memory.
    package static let all: [FargateSize] =
        [512, 1024, 2048].map { FargateSize(legalCPU: 256, memory: $0) }
        + [
            (512, 1024...4096, 1024), (1024, 2048...8192, 1024), (2048, 4096...16_384, 1024),
            (4096, 8192...30_720, 1024), (8192, 16_384...61_440, 4096), (16_384, 32_768...122_880, 8192),
        ].flatMap { cpu, memory, step in
            stride(from: memory.lowerBound, through: memory.upperBound, by: step).map {
                FargateSize(legalCPU: cpu, memory: $0)
            }
        }

    private init(legalCPU cpuUnits: Int, memory memoryMiB: Int) {
        self.cpuUnits = cpuUnits
        self.memoryMiB = memoryMiB
    }

    /// A size; nil where Fargate does not sell it.
    package init?(cpuUnits: Int, memoryMiB: Int) {
        let size = FargateSize(legalCPU: cpuUnits, memory: memoryMiB)
        guard Self.all.contains(size) else { return nil }
        self = size
    }

    /// The smallest size with at least this much of both; nil where there is none.
    package static func holding(cpuUnits: Int, memoryMiB: Int) -> FargateSize? {
        all.first { $0.cpuUnits >= cpuUnits && $0.memoryMiB >= memoryMiB }
    }

    /// The sizes next to one that Fargate does not sell: the largest within it, and the smallest that holds it.
    package static func nearest(cpuUnits: Int, memoryMiB: Int) -> [FargateSize] {
        let within = all.last { $0.cpuUnits <= cpuUnits && $0.memoryMiB <= memoryMiB }
        return [within, holding(cpuUnits: cpuUnits, memoryMiB: memoryMiB)].compactMap { $0 }
    }

    /// What memory goes with a number of CPU units: `4 to 16 GB`; nil where nothing does.
    package static func memory(with cpuUnits: Int) -> String? {
        let sizes = all.filter { $0.cpuUnits == cpuUnits }
        guard let first = sizes.first, let last = sizes.last else { return nil }
        return "\(first.memoryGB) to \(last.memoryGB) GB"
    }
}

extension FargateSize: CustomStringConvertible {
    /// `2 vCPU / 4 GB`.
    package var description: String { "\(vcpu) vCPU / \(memoryGB) GB" }
}
