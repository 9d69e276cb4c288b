package import FoundationEssentials

/// What comes of comparing the journal with the provider's own log.
package struct Reconciliation: Sendable, Hashable {
    /// Calls in the log, each counted once.
    package internal(set) var callsLogged = 0
    /// Those that a hold is for which has ended.
    package internal(set) var callsMatched = 0
    /// Those whose hold is still open, so that nothing can be said yet.
    package internal(set) var callsOpen = 0
    /// Those that failed, cost nothing and were charged to nobody.
    package internal(set) var callsFailed = 0
    /// Those of other programs, which were left out on demand.
    package internal(set) var callsIgnored = 0
    /// Matched calls that are in neither total: the log has no token counts, or no rate is known for them.
    package internal(set) var callsUnpriced = 0
    /// What the journal charged for the matched calls.
    package internal(set) var journaled = Money.zero
    /// What the matched calls cost by the log's tokens and the journal's rates.
    package internal(set) var logged = Money.zero
    /// The time in which a charged hold must be in the log; nil where the log is empty.
    package internal(set) var span: ClosedRange<Date>?
    /// What differs, the most dangerous first, then by time.
    package internal(set) var differences: [ReconciliationDifference] = []

    /// Whether no money differs; nil where nothing was compared.
    ///
    /// That a call is in the log several times does not count.
    package var agrees: Bool? {
        guard differences.allSatisfy({ $0.kind == .loggedTwice }) else { return false }
        return callsMatched == 0 ? nil : true
    }

    /// What the log has more than the journal for the matched calls, negative where the journal has more.
    package var difference: Money {
        logged.subtracting(journaled) ?? Money(nanoUSD: journaled < .zero ? .max : .min)
    }

    /// Compares the whole journal with a log.
    ///
    /// - Parameters:
    ///   - reconciler: The log.
    ///   - page: Gives some entries after an id, in order; none at the end.
    /// - Returns: The comparison.
    /// - Throws: What `page` throws.
    package static func compare<Failure: Error>(
        _ reconciler: Reconciler, journal page: (_ after: Int64) async throws(Failure) -> [JournalEntry]
    ) async throws(Failure) -> Reconciliation {
        var reconciler = reconciler
        var last: Int64 = 0
        while true {
            let entries = try await page(last)
            guard let end = entries.last else { return reconciler.reconciliation() }
            for entry in entries { reconciler.add(entry) }
            last = end.id
        }
    }
}
