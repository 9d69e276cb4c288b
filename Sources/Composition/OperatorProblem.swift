/// Why nothing was done: the operator's arguments are to be written otherwise.
package struct OperatorProblem: Error, CustomStringConvertible {
    /// One sentence with what to write instead.
    package let description: String

    /// Makes a problem.
    package init(_ description: String) { self.description = description }
}
