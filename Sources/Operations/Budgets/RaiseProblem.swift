/// Why nothing was raised; the person's arguments are to be written otherwise.
package struct RaiseProblem: Error, CustomStringConvertible {
    /// One sentence with what to write instead.
    package let description: String
}
