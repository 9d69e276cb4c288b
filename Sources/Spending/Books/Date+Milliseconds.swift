package import FoundationEssentials

extension Date {
    /// Whole milliseconds since 1970, rounded down, which is how ledgers keep instants.
    package var milliseconds: Int64 {
        // A hundredth makes up for the binary fraction, so that an instant read from the ledger is written back as it
        // was. The clamp is some 30,000 years wide.
        Int64(max(-1e15, min(1e15, (timeIntervalSince1970 * 1000 + 0.01).rounded(.down))))
    }

    /// The instant of so many milliseconds since 1970.
    package init(milliseconds: Int64) {
        self.init(timeIntervalSince1970: Double(milliseconds) / 1000)
    }
}
