/// How far an ingest has come.
package struct IngestProgress: Sendable, Hashable {
    /// Passages written.
    package let written: Int
    /// Passages to be written, in all.
    package let total: Int
    /// Since the first was begun.
    package let elapsed: Duration

    /// Passages a second; nil before there is anything to go by.
    package var rate: Double? {
        let seconds = elapsed / .seconds(1)
        return written > 0 && seconds > 0 ? Double(written) / seconds : nil
    }

    /// What is left at that rate.
    package var remaining: Duration? { rate.map { .seconds(Double(total - written) / $0) } }
}
