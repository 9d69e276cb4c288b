package import FoundationEssentials

/// How a run ends.
package struct RunEnd: Sendable, Hashable {
    /// Its final state.
    package var state: RunState
    /// The name of its pipeline; nil where it is not known.
    package var pipeline: String?
    /// The last function's output, as JSON; of a run that is `done`.
    package var output: Data?
    /// What its functions paid, in nano-dollars.
    package var costNanoUSD: Int64
    /// Why it has no output, as a constant name.
    package var reason: String?
    /// When a refused sender may return.
    package var opensAt: Date?
    /// Why it has no output, for a person.
    package var explanation: String?

    /// A run that its functions have brought to its end.
    package static func done(_ output: Data, pipeline: String?, costNanoUSD: Int64) -> RunEnd {
        RunEnd(state: .done, pipeline: pipeline, output: output, costNanoUSD: costNanoUSD)
    }

    /// A run that ends without an output.
    ///
    /// - Parameters:
    ///   - state: `failed`, `expired` or `refused`.
    ///   - reason: Why, as a constant name.
    ///   - pipeline: Its pipeline's name.
    ///   - costNanoUSD: What was paid for it all the same.
    ///   - opensAt: When a refused sender may return.
    ///   - explanation: The reason for a person.
    /// - Returns: The end.
    package static func without(
        _ state: RunState, reason: String, pipeline: String? = nil, costNanoUSD: Int64 = 0, opensAt: Date? = nil,
        explanation: String? = nil
    ) -> RunEnd {
        RunEnd(
            state: state, pipeline: pipeline, costNanoUSD: costNanoUSD, reason: reason, opensAt: opensAt,
            explanation: explanation)
    }

    /// Whether a budget's lack of room shortened the output: it says so itself, by `"degraded": true`.
    package var isDegraded: Bool {
        struct Mark: Decodable { let degraded: Bool? }
        return output.flatMap { try? JSONDecoder().decode(Mark.self, from: $0) }?.degraded ?? false
    }
}
