package import Documents
import FoundationEssentials
import Spending

extension StatusReport {
    /// The report as a document.
    package var document: Document {
        Document(
            headline: headline,
            sections: [budgets] + [questionNotes, retiredBudgets, exceptionNotes].compactMap { $0 },
            records: records, value: value, timeZone: timeZone)
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
                        : reached + clockNote),
            ] + (place.map { [.note("The ledger lies in \($0).")] } ?? []) + warnings.map(Section.Block.note)
                + lines.compactMap { line in
                    line.raise.map { raise in
                        .note(
                            "\(raise.budget) is \(raise.kind == .lower ? "lowered" : "raised") to \(raise.limit.dollars()) until \(raise.until.wallClock(timeZone)): "
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
        var columns = Self.columns
        columns.insert(Column("bar", "Spent of limit"), at: 1)
        return Table(
            columns: columns,
            rows: lines.map { line in
                var cells = cells(line)
                cells.insert(.bar(line.bar), at: 1)
                return cells
            })
    }

    private static let columns = [
        Column("budget", "Budget", importance: .high),
        Column("used_percent", "Used", isNumeric: true, importance: .low),
        Column("limit_usd", "Limit", isNumeric: true, importance: .low),
        Column("spent_usd", "Spent", isNumeric: true, importance: .high),
        Column("held_usd", "Held", isNumeric: true, importance: .high, isHiddenWhenEmpty: true),
        Column("remaining_usd", "Left", isNumeric: true, importance: .high),
        Column("period_start", "Since", importance: .record), Column("period_end", "Turns", importance: .high),
        Column("reached_at", "Reached at", importance: .high, isHiddenWhenEmpty: true),
    ]

    private func cells(_ line: Line) -> [Cell] {
        let status = line.status
        return [
            .text(status.budget), .percent(line.usedPercent), .about(status.limit), .about(status.spent),
            .about(status.held), .about(status.remaining), .instant(status.period.start), .instant(status.period.end),
            .instant(ifKnown: line.reachedAt?.wholeMinute),
        ]
    }

    /// The budgets, the retired ones, and a row each for orphans and breaches, which stand under no budget.
    private var records: Table {
        let since = Cell.instant(exceptionsSince)
        return Table(
            columns: Self.columns + [Column("kind", "Kind"), Column("count", "Count", isNumeric: true)],
            rows: lines.map { cells($0) + [.text("budget"), .none] }
                + retired.map {
                    [
                        .text($0.name), .none, .none, .money($0.spent), .money($0.held), .none, .none,
                        .instant($0.lastPeriodEnd), .none, .text("retired"), .none,
                    ]
                }
                + [("orphans", tally.orphans, .money(tally.orphansCharged)), ("breaches", tally.breaches, Cell.none)]
                .map { kind, count, charged in
                    [.none, .none, .none, charged, .none, .none, since, .none, .none, .text(kind), .count(count)]
                }
                + (questions.map {
                    [("refused", $0.refused), ("degraded", $0.degraded), ("parked", $0.parked)]
                } ?? []).map { kind, count in
                    [.none, .none, .none, .none, .none, .none, since, .none, .none, .text(kind), .count(count)]
                })
    }

    private var questionNotes: Section? {
        guard let questions, questions != QuestionsWithoutRoom(refused: 0, degraded: 0, parked: 0) else { return nil }
        let since = exceptionsSince.wholeMinute.wallClock(timeZone)
        let parked =
            questions.parked == 0
            ? "" : " \(questions.parked.counted("question")) parked: each goes on once its budget has room."
        return Section([
            .note(
                "Without room in a budget since \(since): \(questions.refused.counted("question")) refused, "
                    + "\(questions.degraded.grouped) answered without the model.\(parked)")
        ])
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
        guard tally.count > 0 else { return nil }
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
                        rows: exceptions.map { entry in
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
        var notes: [String] = []
        if tally.count > exceptions.count {
            notes.append(
                "These are the newest; \((tally.count - exceptions.count).grouped) more are not listed here, and "
                    + "`sluice budget export` has them all.")
        }
        if tally.orphans > 0 {
            notes.append(
                "Orphans: \(tally.orphans.counted("call")) ended without a word, charged in full, "
                    + "\(tally.orphansCharged.dollars()), because nobody knows whether anything was made. "
                    + "`sluice budget reconcile` finds out.")
        }
        if tally.breaches > 0 {
            notes.append(
                "Breaches: \(tally.breaches.counted("call")) that cost more than was held, or whose model wrote more than it was "
                    + "granted. Such a model is refused; see `sluice budget breach list`.")
        }
        return notes
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

extension Date {
    /// The last whole minute.
    var wholeMinute: Date { Date(timeIntervalSince1970: (timeIntervalSince1970 / 60).rounded(.down) * 60) }
}
