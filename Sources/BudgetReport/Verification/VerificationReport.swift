package import Documents
import FoundationEssentials
package import Spending

/// Whether the ledger's counters, and the sums that reports read, agree with its journal.
package struct VerificationReport: Sendable {
    private let verification: LedgerVerification

    /// A report on a check.
    package init(_ verification: LedgerVerification) { self.verification = verification }

    /// Whether the ledger is sound.
    package var isSound: Bool { verification.isSound }

    /// The report as a document.
    package var document: Document {
        let noun = verification.entries == 1 ? "entry" : "entries"
        let verb = verification.differences.isEmpty ? "agree" : "disagree"
        let notes = verification.findings.map { Section.Block.note($0.description) }
        let tables = verification.differences.isEmpty ? [] : [Section.Block.table(table)]
        return Document(
            headline: "The counters \(verb) with the journal's \(verification.entries) \(noun)",
            sections: isSound ? [] : [Section(notes + tables)], records: table,
            value: Value(
                isSound: isSound, entries: verification.entries,
                differences: verification.differences.map {
                    Value.Difference(
                        budget: $0.budget, periodStart: $0.periodStart.formatted(.iso8601),
                        amount: $0.amount.rawValue, counted: $0.counted, journaled: $0.journaled)
                }, findings: verification.findings.map { Value.Finding(kind: $0.name, text: $0.description) }))
    }

    private var table: Table {
        Table(
            columns: [
                Column("budget", "Budget", importance: .high), Column("period_start", "Since (UTC)", importance: .high),
                Column("amount", "Amount"), Column("counted_usd", "Counted", isNumeric: true, importance: .high),
                Column("journaled_usd", "Journaled", isNumeric: true, importance: .high),
            ],
            rows: verification.differences.map {
                [
                    .text($0.budget ?? "(reports)"), .instant($0.periodStart), .text($0.amount.rawValue),
                    .money($0.counted), .money($0.journaled),
                ]
            })
    }

    /// The stable JSON.
    private struct Value: Encodable {
        struct Difference: Encodable {
            let budget: String?
            let periodStart, amount: String
            let counted, journaled: Money

            enum CodingKeys: String, CodingKey {
                case budget, amount
                case periodStart = "period_start"
                case counted = "counted_usd"
                case journaled = "journaled_usd"
            }
        }

        struct Finding: Encodable {
            let kind, text: String
        }

        let isSound: Bool
        let entries: Int
        let differences: [Difference]
        let findings: [Finding]

        enum CodingKeys: String, CodingKey {
            case entries, differences, findings
            case isSound = "sound"
        }
    }
}
