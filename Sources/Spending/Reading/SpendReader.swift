package import FoundationEssentials

/// Reads what a ledger has counted, for reports.
///
/// It is the same ledger that enforces: what is read here is what its limits went by. Reading charges no orphans and changes
/// nothing.
package protocol SpendReader: Sendable {
    /// Sums up the calls that were reserved in a span, each at the moment of its reservation, however late it ended.
    ///
    /// - Parameter query: Which calls, and by what they are put together.
    /// - Returns: A sum for each group that has any, in the order of ``SpendKey``; by question, the dearest first.
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``.
    func spending(_ query: SpendQuery) async throws(GovernorError) -> [SpendSum]

    /// The counters of budgets in all periods that overlap a span; tenants' shares are left out.
    ///
    /// - Parameter span: From its first instant up to, but without, its last.
    /// - Returns: In the order of budgets' names and periods.
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``.
    func counters(in span: Range<Date>) async throws(GovernorError) -> [PeriodCounter]

    /// The `orphan` and `breach` entries of calls that were reserved in a span, newest first.
    ///
    /// - Parameters:
    ///   - span: From its first instant up to, but without, its last.
    ///   - count: How many at most.
    /// - Returns: The entries.
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``.
    func exceptions(in span: Range<Date>, atMost count: Int) async throws(GovernorError) -> [JournalEntry]

    /// Counts the `orphan` and `breach` entries of calls that were reserved in a span.
    ///
    /// - Parameter span: From its first instant up to, but without, its last.
    /// - Returns: The same as counting all of ``exceptions(in:atMost:)``, which is what a ledger does that has no shorter way.
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``.
    func exceptionTally(in span: Range<Date>) async throws(GovernorError) -> ExceptionTally
}

extension SpendReader {
    package func exceptionTally(in span: Range<Date>) async throws(GovernorError) -> ExceptionTally {
        ExceptionTally(try await exceptions(in: span, atMost: .max))
    }
}
