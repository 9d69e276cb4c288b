/// A task's size as somebody wrote it down, which need not be one that Fargate sells.
package struct RequestedSize: Sendable, Hashable {
    /// CPU units; 1024 are a vCPU.
    package var cpuUnits: Int
    /// Mebibytes.
    package var memoryMiB: Int

    /// Far above the largest size that is sold; beyond it, somebody wrote another unit.
    private static let unitsMax = 1_000_000

    /// Makes a size.
    package init(cpuUnits: Int, memoryMiB: Int) {
        self.cpuUnits = cpuUnits
        self.memoryMiB = memoryMiB
    }

    /// Reads a size from the command line: `1`, `0.25` and `2` are vCPU and GB, `1024` and `2048` ECS's own units.
    ///
    /// - Throws: ``EstimateProblem/badOption(_:value:advice:)``.
    package init(cpuOption: String, memoryOption: String) throws(EstimateProblem) {
        guard let cpu = Self.units(cpuOption, word: "vcpu", barePerUnit: 128) else {
            throw .badOption("--cpu", value: cpuOption, advice: "write vCPUs such as 0.5, or ECS units such as 512")
        }
        guard let memory = Self.units(memoryOption, word: "gb", barePerUnit: 256) else {
            throw .badOption("--memory", value: memoryOption, advice: "write GB such as 0.5, or MiB such as 512")
        }
        self.init(cpuUnits: cpu, memoryMiB: memory)
    }

    /// Reads a size as ECS does: `1024` and `1 vCPU`, `2048` and `2 GB`.
    ///
    /// Nil for anything else.
    package init?(cpu: String, memory: String) {
        guard let cpu = Self.units(cpu, word: "vcpu", barePerUnit: 0),
            let memory = Self.units(memory, word: "gb", barePerUnit: 0)
        else { return nil }
        self.init(cpuUnits: cpu, memoryMiB: memory)
    }

    /// The size as Fargate sells it.
    ///
    /// - Throws: ``EstimateProblem/illegalSize(_:file:)``.
    package func fargate(file: String?) throws(EstimateProblem) -> FargateSize {
        guard let size = FargateSize(cpuUnits: cpuUnits, memoryMiB: memoryMiB) else {
            throw .illegalSize(self, file: file)
        }
        return size
    }

    /// Reads units of which 1024 make one of `word`.
    ///
    /// - Parameters:
    ///   - text: A number, with or without the word.
    ///   - word: What 1024 units make.
    ///   - barePerUnit: A number without a word is of that word where it is below this.
    /// - Returns: Whole units; nil where the text is no number above zero, or no whole units.
    private static func units(_ text: String, word: String, barePerUnit: Int) -> Int? {
        let lowered = text.lowercased()
        let isWord = lowered.hasSuffix(word)
        var digits = isWord ? String(lowered.dropLast(word.count)) : lowered
        if isWord, digits.hasSuffix(" ") { digits.removeLast() }
        // ECS's own examples write `.25 vCPU`.
        if digits.hasPrefix(".") { digits = "0" + digits }
        guard let number = Quantity(digits), number > .zero else { return nil }
        let isLarge = !isWord && number >= Quantity(barePerUnit)
        guard let units = isLarge ? number : number.multiplied(by: Quantity(1024)), let whole = Int(units.description),
            whole <= unitsMax
        else { return nil }
        return whole
    }
}

extension RequestedSize: CustomStringConvertible {
    /// `2 vCPU with 3 GB`.
    package var description: String {
        "\(Quantity(cpuUnits, dividedBy: 1024)) vCPU with \(Quantity(memoryMiB, dividedBy: 1024)) GB"
    }
}
