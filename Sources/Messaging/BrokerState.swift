/// Whether a broker takes and gives messages now.
package enum BrokerState: Sendable, Hashable {
    /// It does.
    case ready
    /// It is reached but takes no publishes for now, as while a memory or disk alarm is set; they wait.
    case blocked(reason: String)
    /// It cannot be reached; the connection is tried again by itself. Publishes are refused meanwhile.
    case unreachable(reason: String)
    /// It was closed.
    case closed
}
