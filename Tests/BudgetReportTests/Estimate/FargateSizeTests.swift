import BudgetReport
import Testing

@Suite("Fargate's sizes")
struct FargateSizeTests {
    /// AWS's table (task-cpu-memory-error.html): vCPU, least and most GB, step.
    private static let rows = [
        (1024, 2, 8, 1), (2048, 4, 16, 1), (4096, 8, 30, 1), (8192, 16, 60, 4), (16_384, 32, 120, 8),
    ]

    @Test("exactly the sizes of the documentation are legal")
    func table() {
        var legal: Set<[Int]> = [
            [256, 512], [256, 1024], [256, 2048], [512, 1024], [512, 2048], [512, 3072], [512, 4096],
        ]
        for (cpu, least, most, step) in Self.rows {
            for gb in stride(from: least, through: most, by: step) { legal.insert([cpu, gb * 1024]) }
        }
        // 3 + 4 + 7 + 13 + 23 + 12 + 12.
        #expect(legal.count == 74 && FargateSize.all.count == 74)
        for cpu in [128, 256, 384, 512, 1024, 1536, 2048, 3072, 4096, 8192, 16_384, 32_768] {
            for memory in stride(from: 256, through: 131_072, by: 256) {
                #expect((FargateSize(cpuUnits: cpu, memoryMiB: memory) != nil) == legal.contains([cpu, memory]))
            }
        }
    }

    @Test(
        "a size that is not sold is told with the sizes next to it",
        arguments: [
            (2048, 3072, ["1 vCPU / 3 GB", "2 vCPU / 4 GB"]), (256, 4096, ["0.25 vCPU / 2 GB", "0.5 vCPU / 4 GB"]),
            (1024, 16_384, ["1 vCPU / 8 GB", "2 vCPU / 16 GB"]), (3072, 8192, ["2 vCPU / 8 GB", "4 vCPU / 8 GB"]),
            (8192, 18_432, ["8 vCPU / 16 GB", "8 vCPU / 20 GB"]), (32_768, 262_144, ["16 vCPU / 120 GB"]),
            (128, 256, ["0.25 vCPU / 0.5 GB"]),
        ])
    func nearest(cpu: Int, memory: Int, expected: [String]) {
        #expect(FargateSize.nearest(cpuUnits: cpu, memoryMiB: memory).map(\.description) == expected)
    }

    @Test(
        "vCPU and GB, and ECS's own units, mean the same",
        arguments: [("1", "2"), ("1024", "2048"), ("1 vCPU", "2GB"), ("1.0", "2 GB")])
    func spellings(cpu: String, memory: String) throws {
        let size = try RequestedSize(cpuOption: cpu, memoryOption: memory)
        #expect(size == RequestedSize(cpuUnits: 1024, memoryMiB: 2048))
    }

    @Test("in a file a bare number is of ECS's units, as ECS reads it")
    func bareNumbers() {
        #expect(RequestedSize(cpu: "1024", memory: "3072") == RequestedSize(cpuUnits: 1024, memoryMiB: 3072))
        #expect(RequestedSize(cpu: ".25 vCPU", memory: "0.5 GB") == RequestedSize(cpuUnits: 256, memoryMiB: 512))
        #expect(RequestedSize(cpu: "1", memory: "2") == RequestedSize(cpuUnits: 1, memoryMiB: 2))
        #expect(RequestedSize(cpu: "one", memory: "2048") == nil)
    }
}
