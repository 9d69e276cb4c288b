/// A rule that every implementation of something must keep: an argument of the test of each, so that one that is broken
/// does not hide the others.
package struct ConformanceRule<Suite: Sendable>: Sendable, CustomStringConvertible {
    /// What it is about, as the test's output names it.
    package let description: String
    private let check: @Sendable (Suite) async throws -> Void

    /// Makes a rule of a suite's method.
    package init(_ description: String, _ check: @escaping @Sendable (Suite) -> () async throws -> Void) {
        self.description = description
        self.check = { try await check($0)() }
    }

    /// Makes a rule of a suite's method that takes an argument.
    package init<Argument: Sendable>(
        _ description: String, _ argument: Argument,
        _ check: @escaping @Sendable (Suite) -> (Argument) async throws -> Void
    ) {
        self.description = description
        self.check = { try await check($0)(argument) }
    }

    /// Records an issue, or throws, where an implementation breaks the rule.
    package func check(_ suite: Suite) async throws { try await check(suite) }
}
