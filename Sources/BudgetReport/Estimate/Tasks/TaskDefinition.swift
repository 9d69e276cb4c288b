package import FoundationEssentials

/// An ECS task definition: what `register-task-definition` takes, or what `describe-task-definition` prints.
///
/// Only what costs money is read:
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html>.
package struct TaskDefinition: Sendable {
    /// What it says.
    package let facts: TaskFacts

    /// Reads a file's bytes.
    ///
    /// - Throws: ``EstimateProblem``.
    package init(_ data: Data, file: String) throws(EstimateProblem) {
        try self.init(JSONFile.decode(Document.self, data, file: file), file: file)
    }

    private init(_ document: Document, file: String) throws(EstimateProblem) {
        let definition = document.definition
        guard let cpu = definition.cpu?.text, let memory = definition.memory?.text else {
            throw .badField(
                file: file, field: definition.cpu == nil ? "cpu" : "memory",
                advice: "a Fargate task has a size of its own; write one such as \"1024\"")
        }
        guard let size = RequestedSize(cpu: cpu, memory: memory) else {
            throw .badField(
                file: file, field: "cpu, memory",
                advice: "write CPU units and MiB such as \"1024\" and \"2048\", or \"1 vCPU\" and \"2 GB\"")
        }
        var facts = TaskFacts()
        facts.size = size
        facts.architecture = try definition.architecture(file: file)
        facts.ephemeralGB = try definition.ephemeralGB(file: file)
        let containers = definition.containerDefinitions ?? []
        let secrets = Set(containers.flatMap(\.secretReferences).compactMap(Self.secretName))
        facts.secrets = secrets.count
        facts.usesEFS = (definition.volumes ?? []).contains { $0.efsVolumeConfiguration != nil }
        facts.usesLogs = containers.contains { $0.logConfiguration?.logDriver == "awslogs" }
        facts.usesECR = containers.contains { $0.image?.contains(".dkr.ecr.") ?? false }
        facts.notes = definition.notes(for: size, of: containers)
        self.facts = facts
    }

    /// The secret that a reference names, without key, stage and version; nil for a parameter of Systems Manager.
    ///
    /// `arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME:KEY:STAGE:VERSION`; the same secret in two containers, or two
    /// keys of one, cost one secret.
    private static func secretName(_ reference: String) -> String? {
        let parts = reference.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count > 6, parts[2] == "secretsmanager" else { return nil }
        return parts[3...6].joined(separator: ":")
    }

    /// The two shapes of a file.
    private struct Document: Decodable {
        let definition: Definition

        private enum CodingKeys: CodingKey { case taskDefinition }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            definition =
                try container.decodeIfPresent(Definition.self, forKey: .taskDefinition) ?? Definition(from: decoder)
        }
    }
}

/// The keys of a task definition that cost money.
private struct Definition: Decodable {
    struct RuntimePlatform: Decodable {
        let cpuArchitecture, operatingSystemFamily: String?
    }

    struct EphemeralStorage: Decodable { let sizeInGiB: Int? }

    struct Volume: Decodable {
        struct EFS: Decodable { let fileSystemId: String? }
        let efsVolumeConfiguration: EFS?
    }

    let cpu, memory: LooseText?
    let runtimePlatform: RuntimePlatform?
    let requiresCompatibilities: [String]?
    let ephemeralStorage: EphemeralStorage?
    let containerDefinitions: [Container]?
    let volumes: [Volume]?

    func architecture(file: String) throws(EstimateProblem) -> Architecture {
        if let system = runtimePlatform?.operatingSystemFamily, system != "LINUX" {
            throw .badField(
                file: file, field: "runtimePlatform.operatingSystemFamily",
                advice: "`\(system)` has other rates than Linux, which this estimate does not know; price a Linux task")
        }
        let text = runtimePlatform?.cpuArchitecture ?? "X86_64"
        guard let architecture = Architecture(rawValue: text.lowercased()) else {
            throw .badField(
                file: file, field: "runtimePlatform.cpuArchitecture", advice: "write \"X86_64\" or \"ARM64\"")
        }
        return architecture
    }

    func ephemeralGB(file: String) throws(EstimateProblem) -> Int? {
        guard let size = ephemeralStorage?.sizeInGiB, !(20...200).contains(size) else {
            return ephemeralStorage?.sizeInGiB
        }
        throw .badField(
            file: file, field: "ephemeralStorage.sizeInGiB", advice: "write a whole number from 20 to 200")
    }

    func notes(for size: RequestedSize, of containers: [Container]) -> [String] {
        var notes: [String] = []
        if let compatibilities = requiresCompatibilities, !compatibilities.contains("FARGATE") {
            notes.append("The task definition does not require FARGATE; it is priced as if it did.")
        }
        let cpu = Self.sum(containers.map(\.cpu))
        let memory = Self.sum(containers.map { $0.memory ?? $0.memoryReservation })
        if cpu > size.cpuUnits || memory > size.memoryMiB {
            notes.append(
                "Its containers ask for \(cpu) CPU units and \(memory) MiB, more than the task has: ECS refuses that.")
        }
        return notes
    }

    /// Each number is held to a million, far above any task, so that no file makes the sum overflow.
    private static func sum(_ numbers: [Int?]) -> Int {
        numbers.reduce(0) { $0 + min(1_000_000, max(0, $1 ?? 0)) }
    }
}

/// One container of a task definition.
private struct Container: Decodable {
    struct Secret: Decodable { let valueFrom: String? }

    struct LogConfiguration: Decodable {
        let logDriver: String?
        let secretOptions: [Secret]?
    }

    struct RepositoryCredentials: Decodable { let credentialsParameter: String? }

    let image: String?
    let cpu, memory, memoryReservation: Int?
    let secrets: [Secret]?
    let logConfiguration: LogConfiguration?
    let repositoryCredentials: RepositoryCredentials?

    /// Everything that may name a secret.
    var secretReferences: [String] {
        (secrets ?? []).compactMap(\.valueFrom) + (logConfiguration?.secretOptions ?? []).compactMap(\.valueFrom)
            + [repositoryCredentials?.credentialsParameter].compactMap { $0 }
    }
}
