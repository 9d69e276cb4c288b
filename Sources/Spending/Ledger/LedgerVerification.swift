package import FoundationEssentials

/// What a check of the ledger found.
package struct LedgerVerification: Sendable, Hashable {
    /// How many journal entries were read.
    package var entries: Int
    /// The number of the last one; 0 for none.
    package var lastEntry: Int64
    /// Where counters and journal disagree; empty for a sound ledger.
    package var differences: [LedgerDifference]
    /// What else shows that entries are lost or the store is not what it was; empty for a sound ledger.
    package var findings: [LedgerFinding]

    /// Makes a verification.
    package init(
        entries: Int, lastEntry: Int64, differences: [LedgerDifference], findings: [LedgerFinding] = []
    ) {
        self.entries = entries
        self.lastEntry = lastEntry
        self.differences = differences
        self.findings = findings
    }

    /// Whether nothing was found.
    package var isSound: Bool { differences.isEmpty && findings.isEmpty }
}

/// What shows that a ledger is not whole, though its sums may agree.
package enum LedgerFinding: Sendable, Hashable {
    /// The journal lacks entries between others: so many, and the number of the first.
    case entriesMissing(first: Int64, count: Int64)
    /// Somebody decided after an entry of this number, and the journal ends before it.
    case journalEndsBefore(entry: Int64)
    /// So many open holds are in no `reserve` entry of the journal.
    case holdsWithoutEntry(count: Int64)
    /// The store's own check of its file or tables failed, in its words.
    case damaged(reason: String)
    /// Tables, rights or rows are not what migrations and entries made of them, as after a restore of a part; a sentence that
    /// says what to do.
    case restoredInPart(reason: String)

    /// A constant word for programs.
    package var name: String {
        switch self {
        case .entriesMissing: "entries_missing"
        case .journalEndsBefore: "journal_ends_before"
        case .holdsWithoutEntry: "holds_without_entry"
        case .damaged: "damaged"
        case .restoredInPart: "restored_in_part"
        }
    }
}

extension LedgerFinding: CustomStringConvertible {
    /// One sentence for a person.
    package var description: String {
        switch self {
        case .entriesMissing(let first, let count):
            "the journal lacks \(count) entries, from entry \(first) on: parts of several copies were put together"
        case .journalEndsBefore(let entry):
            "the journal ends before entry \(entry), after which somebody decided: it is older than what was put beside it"
        case .holdsWithoutEntry(let count):
            "\(count) open holds are not in the journal: it is older than what was put beside it"
        case .restoredInPart(let reason): reason
        case .damaged(let reason): "the store is damaged: \(reason)"
        }
    }
}

/// A counter that disagrees with the journal.
package struct LedgerDifference: Sendable, Hashable {
    /// What is counted.
    package enum Amount: String, Sendable {
        /// What is spent, by the counter.
        case spent
        /// What is held, by the counter.
        case held
        /// What is held, by the holds that are open.
        case openHolds = "open holds"
    }

    /// The budget's name; nil for the sums of all calls that reports read.
    package var budget: String?
    /// The first instant of the period, or of the quarter of an hour.
    package var periodStart: Date
    /// Which amount.
    package var amount: Amount
    /// What the ledger counts.
    package var counted: Money
    /// What the journal says.
    package var journaled: Money

    /// Makes a difference.
    package init(budget: String?, periodStart: Date, amount: Amount, counted: Money, journaled: Money) {
        self.budget = budget
        self.periodStart = periodStart
        self.amount = amount
        self.counted = counted
        self.journaled = journaled
    }
}

extension LedgerDifference: CustomStringConvertible {
    /// One sentence for a person.
    package var description: String {
        "\(budget.map { "budget \($0)" } ?? "the sums of reports"), since \(periodStart.formatted(.iso8601)):"
            + " \(amount.rawValue) $\(counted), and $\(journaled) by the journal"
    }
}
