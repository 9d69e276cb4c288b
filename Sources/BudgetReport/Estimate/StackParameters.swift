package import FoundationEssentials

/// The parameters of the stack, as CloudFormation takes them.
///
/// A list of `ParameterKey` and `ParameterValue` as `aws cloudformation deploy --parameter-overrides file://` takes it, a
/// mapping under `Parameters` as a template configuration file has it, or the mapping alone. These count: `TaskCpu`,
/// `TaskMemory`, `CpuArchitecture`, `CapacityProvider`, `DesiredCount`, `EphemeralStorageGiB` and `AssignPublicIp`. All
/// others are the template's own business.
package struct StackParameters: Sendable {
    /// What they say.
    package let facts: TaskFacts

    /// Reads a file.
    ///
    /// - Throws: ``EstimateProblem``.
    package init(file: String) throws(EstimateProblem) {
        try self.init(JSONFile.decode(Document.self, file: file), file: file)
    }

    /// Reads bytes as if they stood in a file.
    ///
    /// - Throws: ``EstimateProblem``.
    package init(_ data: Data, file: String) throws(EstimateProblem) {
        try self.init(JSONFile.decode(Document.self, data, file: file), file: file)
    }

    private init(_ document: Document, file: String) throws(EstimateProblem) {
        let values = document.values
        guard let cpu = values["TaskCpu"], let memory = values["TaskMemory"] else {
            throw .badField(
                file: file, field: values["TaskCpu"] == nil ? "TaskCpu" : "TaskMemory",
                advice: "the parameter is missing; write one such as \"1024\"")
        }
        guard let size = RequestedSize(cpu: cpu, memory: memory) else {
            throw .badField(
                file: file, field: "TaskCpu, TaskMemory",
                advice: "write CPU units and MiB such as \"1024\" and \"2048\"")
        }
        var facts = TaskFacts()
        facts.size = size
        facts.architecture = try Self.choice(
            "CpuArchitecture", of: values, ["X86_64": .x86, "ARM64": .arm], file: file)
        facts.capacity = try Self.choice(
            "CapacityProvider", of: values, ["FARGATE": .onDemand, "FARGATE_SPOT": .spot], file: file)
        facts.hasPublicAddress = try Self.choice(
            "AssignPublicIp", of: values, ["ENABLED": true, "DISABLED": false], file: file)
        facts.tasks = try Self.whole("DesiredCount", of: values, in: 0...1000, file: file)
        facts.ephemeralGB = try Self.whole("EphemeralStorageGiB", of: values, in: 20...200, file: file)
        self.facts = facts
    }

    private static func choice<Value>(
        _ name: String, of values: [String: String], _ choices: [String: Value], file: String
    ) throws(EstimateProblem) -> Value? {
        guard let text = values[name] else { return nil }
        guard let value = choices[text] else {
            throw .badField(
                file: file, field: name,
                advice: "write \(choices.keys.sorted().map { "\"\($0)\"" }.joined(separator: " or "))")
        }
        return value
    }

    private static func whole(
        _ name: String, of values: [String: String], in range: ClosedRange<Int>, file: String
    ) throws(EstimateProblem) -> Int? {
        guard let text = values[name] else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw .badField(
                file: file, field: name,
                advice: "write a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// The three shapes of a file.
    private struct Document: Decodable {
        struct Entry: Decodable {
            let key: String
            /// Nil where the stack keeps the value that it has.
            let value: LooseText?

            private enum CodingKeys: String, CodingKey {
                case key = "ParameterKey"
                case value = "ParameterValue"
            }
        }

        let values: [String: String]

        private enum CodingKeys: String, CodingKey { case parameters = "Parameters" }

        init(from decoder: any Decoder) throws {
            if (try? decoder.unkeyedContainer()) != nil {
                values = try [Entry](from: decoder).reduce(into: [:]) { $0[$1.key] = $1.value?.text }
                return
            }
            let container = try decoder.container(keyedBy: CodingKeys.self)
            let mapping =
                try container.decodeIfPresent([String: LooseText].self, forKey: .parameters)
                ?? [String: LooseText](from: decoder)
            values = mapping.mapValues(\.text)
        }
    }
}
