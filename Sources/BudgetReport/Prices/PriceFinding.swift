/// Something about the price book that its owner should know.
package struct PriceFinding: Sendable, Hashable {
    /// How bad it is.
    package enum Severity: String, Sendable, Hashable {
        /// Calls would be refused.
        case error
        /// Nothing is refused yet.
        case warning
    }

    /// What kind of thing it is, for programs.
    package enum Kind: String, Sendable, Hashable {
        /// A file that cannot be read: a missing bound, a gap, an overlap, a slip of the pen.
        case unreadable
        /// A model has no price today.
        case noPrice = "no_price"
        /// A price ends, and none follows.
        case ends
        /// A price was read long ago.
        case old
        /// A price was read on a day that has not come.
        case readInFuture = "read_in_future"
        /// A configured call could only be refused, or would escape its limit.
        case configuration
    }

    /// How bad it is.
    package let severity: Severity
    /// What kind of thing it is.
    package let kind: Kind
    /// One sentence, with what to do.
    package let message: String

    /// Makes a finding.
    package init(_ severity: Severity, _ kind: Kind, _ message: String) {
        self.severity = severity
        self.kind = kind
        self.message = message
    }
}
