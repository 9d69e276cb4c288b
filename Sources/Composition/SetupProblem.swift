/// Why a pipeline cannot start: one line that says what to do.
package struct SetupProblem: Error, Sendable, Hashable, CustomStringConvertible {
    /// The line.
    package let description: String

    /// Makes a problem.
    package init(_ description: String) { self.description = description }
}
