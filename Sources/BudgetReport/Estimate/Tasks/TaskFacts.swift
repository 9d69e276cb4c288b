/// What a file says about a task; nil where it does not say.
package struct TaskFacts: Sendable, Hashable {
    /// Its size.
    package var size: RequestedSize?
    /// How many run.
    package var tasks: Int?
    /// How their capacity is bought.
    package var capacity: Capacity?
    /// What they run on.
    package var architecture: Architecture?
    /// Each task's own storage, in GB.
    package var ephemeralGB: Int?
    /// How many secrets of Secrets Manager it reads.
    package var secrets: Int?
    /// Whether it has a public address.
    package var hasPublicAddress: Bool?
    /// Whether anything lies on EFS.
    package var usesEFS: Bool?
    /// Whether CloudWatch takes its log lines.
    package var usesLogs: Bool?
    /// Whether any image lies in ECR.
    package var usesECR: Bool?
    /// What its reader should know.
    package var notes: [String] = []

    /// Says nothing yet.
    package init() {}
}
