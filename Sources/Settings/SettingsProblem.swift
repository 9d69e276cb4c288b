/// Why settings cannot be used: one line with the setting and what to write instead.
///
/// It holds no secret's value.
package struct SettingsProblem: Error, Sendable, Hashable, CustomStringConvertible {
    /// The line.
    package let description: String

    init(_ description: String) { self.description = description }
}
