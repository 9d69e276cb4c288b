import FoundationEssentials
import Spending

extension StatusReport {
    /// The report as a document.
    package var document: Document {
        Document(
            headline: headline, sections: [budgets] + [retiredBudgets, exceptionNotes].compactMap { $0 },
            records: table, value: value, timeZone: timeZone)
    }

    /// The table of budgets with what must be known to read it.
    var budgets: Section {
        guard !lines.isEmpty else { return Section([.note("No file names a budget.")]) }
        let reached =
            lines.contains { $0.reachedAt != nil }
            ? "Reached at: when the limit is reached if today goes on as it did since midnight. " : ""
        return Section(
            [
                .table(table),
                .note(
                    isEmpty
                        ? "The ledger is empty: nothing was ever spent or held."
                        : reached + "Times are those of \(timeZone.identifier)."),
            ]
                + lines.compactMap { line in
                    line.raise.map { raise in
                        .note(
                            "\(raise.budget) is raised to \(raise.limit.dollars()) until \(raise.until.wallClock(timeZone)): "
                                + "\(raise.reason)")
                    }
                })
    }

    private var headline: String {
        guard let fullest = lines.max(by: { $0.usedPercent < $1.usedPercent }) else { return "There are no budgets" }
        let status = fullest.status
        let sentence =
            "\(status.budget): \(status.spent.dollars()) of \(status.limit.dollars()) spent, "
            + "\(status.remaining.dollars()) left until \(status.period.end.wallClock(timeZone))"
        return lines.count == 1 ? sentence : "\(sentence); the fullest of \(lines.count) budgets"
    }

    private var table: Table {
        Table(
            columns: [
                Column("budget", "Budget", importance: .high), Column("bar", "Spent of limit"),
                Column("used_percent", "Used", isNumeric: true, importance: .low),
                Column("limit_usd", "Limit", isNumeric: true, importance: .low),
                Column("spent_usd", "Spent", isNumeric: true, importance: .high),
                Column("held_usd", "Held", isNumeric: true, importance: .high, isHiddenWhenEmpty: true),
                Column("remaining_usd", "Left", isNumeric: true, importance: .high),
                Column("period_start", "Since", importance: .record), Column("period_end", "Turns", importance: .high),
                Column("reached_at", "Reached at", importance: .high, isHiddenWhenEmpty: true),
            ],
            rows: lines.map { line in
                let status = line.status
                return [
                    .text(status.budget), .bar(line.bar), .percent(line.usedPercent), .about(status.limit),
                    .about(status.spent), .about(status.held), .about(status.remaining),
                    .instant(status.period.start), .instant(status.period.end),
                    .instant(ifKnown: line.reachedAt?.wholeMinute),
                ]
            })
    }

    private var retiredBudgets: Section? {
        guard !retired.isEmpty else { return nil }
        return Section(
            title: "Retired budgets",
            [
                .table(
                    Table(
                        columns: [
                            Column("budget", "Budget", importance: .high),
                            Column("spent_usd", "Spent in all", isNumeric: true, importance: .high),
                            Column("held_usd", "Held", isNumeric: true, isHiddenWhenEmpty: true),
                            Column("last_period_end", "Last period until"),
                        ],
                        rows: retired.map {
                            [.text($0.name), .money($0.spent), .money($0.held), .instant($0.lastPeriodEnd)]
                        })),
                .note("These have entries in the ledger but are in no file of budgets: they limit nothing."),
            ])
    }

    private var exceptionNotes: Section? {
        guard !exceptions.isEmpty else { return nil }
        return Section(
            title: "Orphans and breaches since \(exceptionsSince.wholeMinute.wallClock(timeZone))",
            [
                .table(
                    Table(
                        columns: [
                            Column("at", "When", importance: .high), Column("kind", "What", importance: .high),
                            Column("model", "Model"), Column("charged_usd", "Charged", isNumeric: true),
                            Column("question", "Question", importance: .low),
                        ],
                        rows: exceptions.prefix(5).map { entry in
                            [
                                .instant(entry.at.wholeMinute), .text(entry.kind.rawValue), .text(entry.model.model),
                                // A breach's own entry charges nothing: its settlement did.
                                .money(ifKnown: entry.kind == .orphan ? entry.spent : entry.cost),
                                .text(entry.call.questionID),
                            ]
                        }))
            ] + explanations.map(Section.Block.note))
    }

    private var explanations: [String] {
        let orphans = exceptions.filter { $0.kind == .orphan }
        let breaches = exceptions.count - orphans.count
        var notes: [String] = []
        if !orphans.isEmpty {
            let charged = Money(nanoUSD: orphans.map(\.spent.nanoUSD).reduce(0, +))
            notes.append(
                "Orphans: \(orphans.count.counted("call")) ended without a word, charged in full, "
                    + "\(charged.dollars()), because nobody knows whether anything was made. "
                    + "`sluice budget reconcile` finds out.")
        }
        if breaches > 0 {
            notes.append(
                "Breaches: \(breaches.counted("call")) with a cost above the hold. The bound of such a model's price is too "
                    + "low, and the model is refused until it is raised.")
        }
        return notes
    }

    private var value: Value {
        let orphans = exceptions.filter { $0.kind == .orphan }
        return Value(
            at: now.formatted(.iso8601), isEmpty: isEmpty,
            budgets: lines.map { line in
                Value.Budget(
                    name: line.status.budget, limit: line.status.limit, spent: line.status.spent,
                    held: line.status.held, remaining: line.status.remaining,
                    usedPercent: (line.usedPercent * 10).rounded(.down) / 10,
                    periodStart: line.status.period.start.formatted(.iso8601),
                    periodEnd: line.status.period.end.formatted(.iso8601),
                    reachedAt: line.reachedAt?.wholeMinute.formatted(.iso8601),
                    raisedUntil: line.raise?.until.formatted(.iso8601))
            },
            retired: retired.map {
                Value.Retired(
                    name: $0.name, spent: $0.spent, held: $0.held,
                    lastPeriodEnd: $0.lastPeriodEnd.formatted(.iso8601))
            },
            exceptions: Value.Exceptions(
                since: exceptionsSince.formatted(.iso8601), orphans: orphans.count,
                orphansCharged: Money(nanoUSD: orphans.map(\.spent.nanoUSD).reduce(0, +)),
                breaches: exceptions.count - orphans.count))
    }

    /// The stable JSON.
    private struct Value: Encodable {
        struct Budget: Encodable {
            let name: String
            let limit, spent, held, remaining: Money
            let usedPercent: Double
            let periodStart, periodEnd: String
            let reachedAt, raisedUntil: String?

            enum CodingKeys: String, CodingKey {
                case name
                case limit = "limit_usd"
                case spent = "spent_usd"
                case held = "held_usd"
                case remaining = "remaining_usd"
                case usedPercent = "used_percent"
                case periodStart = "period_start"
                case periodEnd = "period_end"
                case reachedAt = "reached_at"
                case raisedUntil = "raised_until"
            }
        }

        struct Retired: Encodable {
            let name: String
            let spent, held: Money
            let lastPeriodEnd: String

            enum CodingKeys: String, CodingKey {
                case name
                case spent = "spent_usd"
                case held = "held_usd"
                case lastPeriodEnd = "last_period_end"
            }
        }

        struct Exceptions: Encodable {
            let since: String
            let orphans: Int
            let orphansCharged: Money
            let breaches: Int

            enum CodingKeys: String, CodingKey {
                case since, orphans, breaches
                case orphansCharged = "orphans_charged_usd"
            }
        }

        let at: String
        let isEmpty: Bool
        let budgets: [Budget]
        let retired: [Retired]
        let exceptions: Exceptions

        enum CodingKeys: String, CodingKey {
            case at, budgets, exceptions
            case isEmpty = "empty"
            case retired = "retired_budgets"
        }
    }
}

extension StatusReport.Line {
    /// Spent of the limit, and held beyond it.
    fileprivate var bar: Bar {
        let limit = Double(max(1, status.limit.nanoUSD))
        return Bar(
            filled: usedPercent / 100, held: Double(status.held.nanoUSD) / limit,
            level: usedPercent >= 100 ? .full : usedPercent >= 80 ? .warning : .calm)
    }
}

extension JournalEntry {
    /// What its call cost by the tokens and rates that it names.
    fileprivate var cost: Money? { usage.flatMap { rates?.cost(of: $0) } }
}

extension Date {
    /// The last whole minute.
    var wholeMinute: Date { Date(timeIntervalSince1970: (timeIntervalSince1970 / 60).rounded(.down) * 60) }
}

extension Int {
    /// The number with its noun: `1 call`, `2 calls`.
    func counted(_ noun: String) -> String { "\(grouped) \(noun)\(self == 1 ? "" : "s")" }
}
