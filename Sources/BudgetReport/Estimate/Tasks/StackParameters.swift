package import FoundationEssentials
import StrictYAML

/// The parameters of the stack, as CloudFormation takes them.
///
/// A list of `ParameterKey` and `ParameterValue` as `aws cloudformation deploy --parameter-overrides file://` takes it, a
/// mapping under `Parameters` as a template configuration file has it, or the mapping alone. Those of ``Name`` count; all
/// others are the template's own business, but one that is nearly such a name is told.
package struct StackParameters: Sendable {
    /// The parameters that count.
    private enum Name: String, CaseIterable {
        case cpu = "TaskCpu"
        case memory = "TaskMemory"
        case architecture = "CpuArchitecture"
        case capacity = "CapacityProvider"
        case tasks = "DesiredCount"
        case storage = "EphemeralStorageGiB"
        case address = "AssignPublicIp"
    }

    /// What they say.
    package let facts: TaskFacts

    /// Reads a file's bytes.
    ///
    /// - Throws: ``EstimateProblem``.
    package init(_ data: Data, file: String) throws(EstimateProblem) {
        try self.init(JSONFile.decode(Document.self, data, file: file), file: file)
    }

    private init(_ document: Document, file: String) throws(EstimateProblem) {
        let values = document.values
        let misspelt = Self.misspelt(values)
        guard let cpu = values[Name.cpu.rawValue], let memory = values[Name.memory.rawValue] else {
            let missing = values[Name.cpu.rawValue] == nil ? Name.cpu : .memory
            let hint = misspelt.first { $0.meant == missing }.map { "; `\($0.written)` is written in its place" } ?? ""
            throw .badField(
                file: file, field: missing.rawValue,
                advice: "the parameter is missing\(hint); write one such as \"1024\"")
        }
        guard let size = RequestedSize(cpu: cpu, memory: memory) else {
            throw .badField(
                file: file, field: "TaskCpu, TaskMemory",
                advice: "write CPU units and MiB such as \"1024\" and \"2048\"")
        }
        var facts = TaskFacts()
        facts.size = size
        facts.architecture = try Self.choice(
            .architecture, of: values, ["X86_64": .x86, "ARM64": .arm], file: file)
        facts.capacity = try Self.choice(
            .capacity, of: values, ["FARGATE": .onDemand, "FARGATE_SPOT": .spot], file: file)
        facts.hasPublicAddress = try Self.choice(
            .address, of: values, ["ENABLED": true, "DISABLED": false], file: file)
        facts.tasks = try Self.whole(.tasks, of: values, in: 0...1000, file: file)
        facts.ephemeralGB = try Self.whole(.storage, of: values, in: 20...200, file: file)
        facts.notes = misspelt.map {
            "\(file): `\($0.written)` does not count; did you mean `\($0.meant.rawValue)`?"
        }
        self.facts = facts
    }

    /// Parameters that are nearly one that counts, where that is not there itself.
    private static func misspelt(_ values: [String: String]) -> [(written: String, meant: Name)] {
        let missing = Name.allCases.filter { values[$0.rawValue] == nil }.map(\.rawValue)
        return values.keys.sorted().filter { Name(rawValue: $0) == nil }.compactMap { written in
            nearest(to: written, among: missing).flatMap(Name.init).map { (written, $0) }
        }
    }

    private static func choice<Value>(
        _ name: Name, of values: [String: String], _ choices: [String: Value], file: String
    ) throws(EstimateProblem) -> Value? {
        guard let text = values[name.rawValue] else { return nil }
        guard let value = choices[text] else {
            throw .badField(
                file: file, field: name.rawValue,
                advice: "write \(choices.keys.sorted().map { "\"\($0)\"" }.joined(separator: " or "))")
        }
        return value
    }

    private static func whole(
        _ name: Name, of values: [String: String], in range: ClosedRange<Int>, file: String
    ) throws(EstimateProblem) -> Int? {
        guard let text = values[name.rawValue] else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw .badField(
                file: file, field: name.rawValue,
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
