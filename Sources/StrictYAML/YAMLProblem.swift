/// What is wrong in a YAML file, where, and what to write instead.
package struct YAMLProblem: Error, Sendable, Hashable, CustomStringConvertible {
    /// The file, as the person named it.
    package let file: String
    /// From 1; nil where the whole file is meant.
    package let line: Int?
    /// What is wrong and what to write instead.
    package let message: String

    /// Makes a problem.
    package init(file: String, line: Int?, message: String) {
        self.file = file
        self.line = line
        self.message = message
    }

    /// `file:line: message`, as compilers print it.
    package var description: String {
        "\(file):\(line.map { "\($0): " } ?? " ")\(message)"
    }
}
