/// What a person wrote that no report can be made of; one sentence with what to write instead.
package struct ReportProblem: Error, CustomStringConvertible, Hashable {
    /// The sentence.
    package let description: String

    /// Makes a problem.
    package init(_ description: String) { self.description = description }
}
