package import FoundationEssentials

/// What a store writes of a transaction besides counters; see ``CounterBook/changes``.
package struct LedgerChanges: Sendable {
    /// A new hold, with its `reserve` entry, whose number is the hold's.
    package struct Reserve: Sendable {
        /// The hold.
        package let holdID: HoldID
        /// What is paid for.
        package let call: PaidCall
        /// The price.
        package let rates: TokenRates
        /// What is held.
        package let bound: Money
        /// Where it is counted.
        package let lines: [(key: CounterKey, limit: Money)]

        /// Its entry in the journal.
        ///
        /// - Parameter instant: The ledger's.
        /// - Returns: The entry.
        package func entry(at instant: Date) -> JournalEntry {
            JournalEntry(
                id: holdID.number, at: instant, kind: .reserve, holdID: holdID, reservedAt: instant,
                call: call.id, model: call.model, tenant: call.tenant, rates: rates, spent: .zero, held: bound,
                lines: lines.map {
                    JournalEntry.Line(name: $0.key.name, periodStart: $0.key.periodStart, limit: $0.limit)
                })
        }
    }

    /// An entry that says what became of a hold.
    package struct End: Sendable {
        /// Its number.
        package let id: Int64
        /// What became of it.
        package let kind: JournalEntry.Kind
        /// The hold.
        package let holdID: HoldID
        /// What it adds to what is spent.
        package let spent: Money
        /// What it adds to what is held.
        package let held: Money
        /// What the call cost and answered, in `settle` and `breach`.
        package let settlement: DigestedSettlement?

        /// The entry with all that the journal says of the hold.
        ///
        /// - Parameters:
        ///   - instant: The ledger's.
        ///   - reserved: The hold's `reserve` entry.
        /// - Returns: The entry.
        package func entry(at instant: Date, of reserved: JournalEntry) -> JournalEntry {
            var entry = reserved
            entry.id = id
            entry.at = instant
            entry.kind = kind
            entry.usage = settlement?.settlement.usage
            entry.countedBy = settlement?.settlement.countedBy
            entry.requestID = settlement?.settlement.requestID
            entry.responseDigest = settlement?.responseDigest
            entry.spent = spent
            entry.held = held
            return entry
        }
    }

    /// What a call was answered.
    package struct Response: Sendable {
        /// The call.
        package let call: CallID
        /// Its `settle` entry.
        package let entryID: Int64
        /// The answer, and what it cost.
        package let settlement: Settlement
    }

    /// New holds.
    package var reserves: [Reserve] = []
    /// Entries that say what became of holds, in the order of their numbers; those of a hold that was taken in this very
    /// transaction cannot be among them.
    package var ends: [End] = []
    /// Holds that are no more.
    package var endedHolds: [HoldID] = []
    /// Holds that were charged as orphans and may still be corrected by their owners.
    package var orphans: [HoldID] = []
    /// Responses, each to be stored where none of its call is, and none was forgotten: a second attempt may have been answered
    /// first, and that response is what redeliveries were given.
    package var responses: [Response] = []
    /// Breaches.
    package var breaches: [JournaledBreach] = []
    /// Calls that were answered from their stored settlements.
    package var replays: [PaidCall] = []

    /// Whether there is nothing to write.
    package var isEmpty: Bool {
        reserves.isEmpty && ends.isEmpty && endedHolds.isEmpty && orphans.isEmpty && replays.isEmpty
    }
}
