package import Documents
import FoundationEssentials
import FunctionKit
package import Spending

/// What `sluice budget reconcile` shows: how the journal and the provider's log agree.
package struct ReconciliationReport: Encodable, Sendable {
    /// The most sentences for people; `json` and `csv` have all.
    private static let sentencesMax = 50

    /// Whether no money differs; nil where nothing was compared.
    package var agrees: Bool? { reconciliation.agrees }

    private let reconciliation: Reconciliation
    private let recordsSkipped: Int

    /// A report on a comparison.
    ///
    /// - Parameters:
    ///   - reconciliation: The comparison.
    ///   - recordsSkipped: How many objects in the log were no record of a call.
    package init(_ reconciliation: Reconciliation, recordsSkipped: Int) {
        self.reconciliation = reconciliation
        self.recordsSkipped = recordsSkipped
    }

    private var kinds: [(kind: ReconciliationDifference.Kind, found: [ReconciliationDifference])] {
        let found = Dictionary(grouping: reconciliation.differences, by: \.kind)
        return ReconciliationDifference.Kind.allCases.compactMap { kind in found[kind].map { (kind, $0) } }
    }

    /// The sum of the amounts that are known; nil where none is.
    private static func sum(_ differences: [ReconciliationDifference]) -> Money? {
        let amounts = differences.compactMap(\.amount)
        // A sum that does not fit is not known.
        return amounts.isEmpty ? nil : amounts.reduce(.some(.zero)) { $0?.adding($1) }
    }
}

// MARK: - Document

extension ReconciliationReport {
    /// The totals, and a fact for each difference in a section for each kind.
    package var document: Document {
        var sections = [Section([.facts(facts)])].filter { _ in !facts.isEmpty }
        var sentences = 0
        for (kind, found) in kinds {
            let shown = found.prefix(Self.sentencesMax - sentences)
            sentences += shown.count
            sections.append(
                Section(
                    title: "\(Self.heading(kind)): \(Self.total(found, of: kind))",
                    shown.isEmpty ? [] : [.facts(shown.map { Fact(Self.instant($0.at), "\($0)") })]))
        }
        let rest = reconciliation.differences.count - sentences
        if rest > 0 { sections.append(Section([.note("And \(rest.grouped) more; `--format csv` has all.")])) }
        return Document(headline: headline, sections: sections, records: records, value: self)
    }

    private var records: Table {
        Table(
            columns: [
                Column("kind", "What"), Column("at", "When"), Column("difference_usd", "Difference", isNumeric: true),
                Column("request_id", "Request"), Column("hold_id", "Hold"), Column("question_id", "Question"),
                Column("function", "Function"), Column("journal_usd", "Journal", isNumeric: true),
                Column("log_usd", "Log", isNumeric: true), Column("times_logged", "In the log", isNumeric: true),
                Column("sentence", "In words"),
            ],
            rows: reconciliation.differences.map { difference in
                func text(_ words: String?) -> Cell { words.map(Cell.text) ?? .none }
                return [
                    .text(difference.kind.rawValue), .instant(difference.at), .money(ifKnown: difference.amount),
                    text(difference.requestID), text(difference.holdID?.description),
                    text(difference.call?.questionID), text(difference.call?.function),
                    .money(ifKnown: difference.journal?.amount), .money(ifKnown: difference.log?.amount),
                    .count(difference.timesLogged), .text(difference.description),
                ]
            })
    }

    private var headline: String {
        switch agrees {
        case true?: break
        case false?:
            let count = reconciliation.differences.count { $0.kind != .loggedTwice }
            return "The journal and the log differ in \(count.counted("place"))"
        case nil where reconciliation.callsLogged == 0: return "The log has no calls: nothing was compared"
        case nil: return "The log has no call under a hold that has ended: nothing was compared"
        }
        return "The journal and the log agree on \(reconciliation.callsMatched.counted("call")), "
            + reconciliation.journaled.dollars()
    }

    /// What was compared, and what is in no total and is no difference.
    private var facts: [Fact] {
        var facts: [Fact] = []
        if let span = reconciliation.span {
            facts.append(Fact("holds", "from \(Self.instant(span.lowerBound)) to \(Self.instant(span.upperBound))"))
        }
        if agrees == false {
            facts.append(
                Fact(
                    "journal",
                    "\(reconciliation.journaled.dollars()) for \(reconciliation.callsMatched.counted("call")) with a hold"
                ))
            facts.append(Fact("log", "\(reconciliation.logged.dollars()), \(offset)"))
        }
        func add(_ name: String, _ count: Int, _ noun: String, _ what: String) {
            if count > 0 { facts.append(Fact(name, "\(count.counted(noun)) \(what)")) }
        }
        add("failed", reconciliation.callsFailed, "call", "failed and cost nothing")
        add("ignored", reconciliation.callsIgnored, "call", "of other programs left out")
        add("open", reconciliation.callsOpen, "call", "under a hold that is still open")
        add(
            "unpriced", reconciliation.callsUnpriced, "call",
            "in no total: the log has no token counts, or no rate is known")
        add("skipped", recordsSkipped, "object", "in the log skipped: no record of a call")
        return facts
    }

    private var offset: String {
        let difference = reconciliation.difference
        if difference == .zero { return "the same" }
        return difference > .zero
            ? "\(difference.dollars()) more" : "\(difference.dollars().dropFirst()) less"
    }

    private static func heading(_ kind: ReconciliationDifference.Kind) -> String {
        switch kind {
        case .releasedButServed: "Released, but served"
        case .servedTwice: "Served again under a hold for one call"
        case .withoutHold: "Served without a hold"
        case .modelDiffers: "Another model or region"
        case .tokensDiffer: "Other token counts"
        case .chargedAtBound: "Charged at the bound"
        case .chargedButFailed: "Charged, but failed"
        case .chargedNotLogged: "Charged, but not in the log"
        case .loggedTwice: "In the log more than once"
        }
    }

    private static func total(_ found: [ReconciliationDifference], of kind: ReconciliationDifference.Kind) -> String {
        guard kind != .loggedTwice else { return "\(found.count)" }
        guard let sum = sum(found) else { return "\(found.count), cost unknown" }
        let unknown = found.count { $0.amount == nil }
        let without = unknown == 0 ? "" : ", without \(unknown) of unknown cost"
        let amount =
            sum < .zero ? "\(sum.dollars().dropFirst()) counted too much" : "\(sum.dollars()) not counted"
        return "\(found.count), \(amount)\(without)"
    }

    private static func instant(_ instant: Date) -> String { instant.formatted(.iso8601) }
}

// MARK: - JSON

extension ReconciliationReport {
    private struct Span: Encodable {
        let from, to: String
    }

    private struct Calls: Encodable {
        let logged, matched, failed, open, unpriced, ignored: Int
    }

    private struct Total: Encodable {
        let kind: String
        let count: Int
        let difference: Money?

        private enum CodingKeys: String, CodingKey {
            case kind, count
            case difference = "difference_usd"
        }
    }

    private enum CodingKeys: String, CodingKey {
        case calls, span, totals, differences
        case agrees = "agree"
        case journaled = "journal_usd"
        case logged = "log_usd"
        case difference = "difference_usd"
        case recordsSkipped = "records_skipped"
    }

    /// Writes amounts as decimal strings.
    ///
    /// Where one is not known, its key is left out. `agree` is null where nothing was
    /// compared.
    package func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(agrees, forKey: .agrees)
        try fields.encode(
            Calls(
                logged: reconciliation.callsLogged, matched: reconciliation.callsMatched,
                failed: reconciliation.callsFailed, open: reconciliation.callsOpen,
                unpriced: reconciliation.callsUnpriced, ignored: reconciliation.callsIgnored),
            forKey: .calls)
        try fields.encodeIfPresent(
            reconciliation.span.map { Span(from: Self.instant($0.lowerBound), to: Self.instant($0.upperBound)) },
            forKey: .span)
        try fields.encode(reconciliation.journaled, forKey: .journaled)
        try fields.encode(reconciliation.logged, forKey: .logged)
        try fields.encode(reconciliation.difference, forKey: .difference)
        try fields.encode(recordsSkipped, forKey: .recordsSkipped)
        try fields.encode(
            kinds.map { Total(kind: $0.kind.rawValue, count: $0.found.count, difference: Self.sum($0.found)) },
            forKey: .totals)
        try fields.encode(reconciliation.differences.map(Line.init), forKey: .differences)
    }

    /// One difference.
    private struct Line: Encodable {
        struct Side: Encodable {
            let model, region: String
            let amount: Money?
            let inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens: Int?

            private enum CodingKeys: String, CodingKey {
                case model, region
                case amount = "usd"
                case inputTokens = "input_tokens"
                case outputTokens = "output_tokens"
                case cacheReadTokens = "cache_read_tokens"
                case cacheWriteTokens = "cache_write_tokens"
            }

            init(_ side: ReconciliationDifference.Side) {
                model = side.model
                region = side.region
                amount = side.amount
                inputTokens = side.usage?.inputTokens
                outputTokens = side.usage?.outputTokens
                cacheReadTokens = side.usage?.cacheReadTokens
                cacheWriteTokens = side.usage?.cacheWriteTokens
            }
        }

        let kind, at, sentence: String
        let requestID, holdID, questionID, function: String?
        let journal, log: Side?
        let difference: Money?
        let timesLogged: Int

        private enum CodingKeys: String, CodingKey {
            case kind, at, sentence, function, journal, log
            case requestID = "request_id"
            case holdID = "hold_id"
            case questionID = "question_id"
            case difference = "difference_usd"
            case timesLogged = "times_logged"
        }

        init(_ difference: ReconciliationDifference) {
            kind = difference.kind.rawValue
            at = ReconciliationReport.instant(difference.at)
            sentence = difference.description
            requestID = difference.requestID
            holdID = difference.holdID?.description
            questionID = difference.call?.questionID
            function = difference.call?.function
            journal = difference.journal.map(Side.init)
            log = difference.log.map(Side.init)
            self.difference = difference.amount
            timesLogged = difference.timesLogged
        }
    }
}
