/// What the host must know of a function beside what it asks for.
public struct FunctionRules: OptionSet, Sendable {
    /// The rules, a bit each.
    public let rawValue: Int

    /// Makes rules from their bits.
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// It must come first, with `redacts: true`: a manifest that has it elsewhere would store what it takes out.
    public static let redactsFirst = FunctionRules(rawValue: 1)
}
