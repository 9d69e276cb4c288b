package import Documents
import Foundation
import Spending

extension SpendReport {
    /// The report as a document.
    ///
    /// - Parameter sections: What it shows; nil for the report's chart and table.
    /// - Returns: The document.
    package func document(_ sections: [Section]? = nil) -> Document {
        Document(
            headline: headline,
            sections: sections ?? [Section([chart.map(Section.Block.chart)].compactMap { $0 } + tables)],
            records: table(withOthers: true, withTotal: false),
            value: value, timeZone: span.timeZone)
    }

    private var isEmpty: Bool { groups.isEmpty && others == nil }

    private var headline: String {
        func edge(_ instant: Date, isEnd: Bool = false) -> String {
            let text = instant.wallClock(span.timeZone)
            guard text.hasSuffix(" 00:00") else { return text }
            // Up to midnight is to the day before, whole.
            return String((isEnd ? instant.addingTimeInterval(-60).wallClock(span.timeZone) : text).dropLast(6))
        }
        let spanText = "from \(edge(span.range.lowerBound)) to \(edge(told, isEnd: true))"
        guard !isEmpty else { return "Nothing was spent \(spanText)" }
        let questions = total.amounts.questions
        let each = total.costAQuestion.map { ", \($0.rounded.dollars()) each" } ?? ""
        return "\(total.amounts.spent.rounded.dollars()) spent \(spanText), "
            + "for \(questions.counted("answered question"))\(each)"
    }

    /// The span's end as far as it has come; today's end, where it ends with the day, which counts whole.
    private var told: Date {
        let end = span.range.upperBound
        guard end > now, span.range.lowerBound < now else { return end }
        let today = PeriodRule(length: .day, timeZone: span.timeZone, turnsAtMinute: 0).period(containing: now)
        return end == today.end ? end : max(span.range.lowerBound, now.wholeMinute)
    }

    /// The table with what must be known to read it.
    var tables: [Section.Block] {
        guard !isEmpty else {
            return [
                .note(
                    isLedgerEmpty
                        ? "The ledger is empty: nothing was ever spent or held."
                        : "The ledger has no call in this span.")
            ]
        }
        return [
            .table(table(withOthers: true, withTotal: true)),
            .note(
                "A call counts where it was reserved. Cache hits: calls answered from a stored settlement. No model: degraded "
                    + "answers, made without it. \(clockNote)"),
        ]
    }

    private func table(withOthers: Bool, withTotal: Bool) -> Table {
        Table(
            columns: columns,
            rows: groups.map(cells) + (withOthers ? [others].compactMap { $0 }.map(cells) : []),
            total: withTotal ? cells(total) : nil)
    }

    private var columns: [Column] {
        [
            Column(grouping.rawValue, grouping.rawValue.capitalized, importance: .high),
            Column("provider", "Provider", importance: .record),
            Column("region", "Region", importance: .record),
            Column("start", "Start", importance: .record),
            Column("end", "End", importance: .record),
            Column("calls", "Calls", isNumeric: true, importance: .high),
            Column("input_tokens", "Tokens in", isNumeric: true),
            Column("output_tokens", "Tokens out", isNumeric: true),
            Column("spent_usd", "Spent", isNumeric: true, importance: .high),
            Column("held_usd", "Held", isNumeric: true, isHiddenWhenEmpty: true),
            Column("cache_hits", "Cache hits", isNumeric: true, isHiddenWhenEmpty: true),
            Column("degraded_answers", "No model", isNumeric: true, isHiddenWhenEmpty: true),
            Column("questions", "Questions", isNumeric: true, importance: .low),
            Column("usd_per_question", "A question", isNumeric: true),
        ]
    }

    private func cells(_ group: Group) -> [Cell] {
        let amounts = group.amounts
        var (provider, region): (Cell, Cell) = (.none, .none)
        var (start, end): (Cell, Cell) = (.none, .none)
        switch group.key {
        case .model(let model): (provider, region) = (.text(model.provider), .text(model.region))
        case .period(let period): (start, end) = (.instant(period.start), .instant(period.end))
        default: break
        }
        return [
            .text(label(group.key)), provider, region, start, end, .count(amounts.calls), .count(amounts.inputTokens),
            .count(amounts.outputTokens), .money(amounts.spent), .money(amounts.held), .count(ifKnown: amounts.replays),
            .count(ifKnown: group.degraded), .count(amounts.questions), .about(ifKnown: group.costAQuestion),
        ]
    }

    /// A group's name: of a period its day, month or hour in the report's zone.
    ///
    /// An hour that comes twice, where clocks are set back, is one period, so that its name is its own.
    func label(_ key: Key) -> String {
        if case .model(let model) = key, isAmbiguous(model) { return "\(model.model) (\(model.region))" }
        guard case .period(let period) = key else { return key.name }
        let text = period.start.formatted(Date.ISO8601FormatStyle(timeZone: span.timeZone).year().month().day())
        switch grouping {
        case .hour: return period.start.wallClock(span.timeZone).replacing(" ", with: "T")
        case .month: return String(text.prefix(7))
        default: return text
        }
    }

    /// Whether the same model is asked elsewhere too.
    private func isAmbiguous(_ model: ModelID) -> Bool {
        groups.contains {
            if case .model(let other) = $0.key { other.model == model.model && other != model } else { false }
        }
    }

    // MARK: - JSON

    private var value: Value {
        Value(
            isEmpty: isLedgerEmpty, by: grouping.rawValue, since: span.range.lowerBound.formatted(.iso8601),
            until: span.range.upperBound.formatted(.iso8601), timezone: span.timeZone.ianaName,
            rows: groups.map(row), others: others.map(row), total: row(total))
    }

    private func row(_ group: Group) -> Value.Row {
        let amounts = group.amounts
        var row = Value.Row(
            key: nil, provider: nil, region: nil, start: nil, end: nil, groups: nil, calls: amounts.calls,
            inputTokens: amounts.inputTokens, outputTokens: amounts.outputTokens, spent: amounts.spent,
            held: amounts.held, cacheHits: amounts.replays, degraded: group.degraded, questions: amounts.questions,
            costAQuestion: group.costAQuestion)
        switch group.key {
        case .all: break
        case .others(let count): row.groups = count
        case .tenant(let name): row.key = name
        case .model(let model):
            (row.key, row.provider, row.region) = (model.model, model.provider, model.region)
        case .period(let period):
            row.key = label(group.key)
            (row.start, row.end) = (period.start.formatted(.iso8601), period.end.formatted(.iso8601))
        case .function(let name), .question(let name): row.key = name
        }
        return row
    }

    /// The stable JSON.
    private struct Value: Encodable {
        struct Row: Encodable {
            var key, provider, region, start, end: String?
            var groups: Int?
            let calls, inputTokens, outputTokens: Int
            let spent, held: Money
            let cacheHits, degraded: Int?
            let questions: Int
            let costAQuestion: Money?

            enum CodingKeys: String, CodingKey {
                case key, provider, region, start, end, groups, calls, questions
                case inputTokens = "input_tokens"
                case outputTokens = "output_tokens"
                case spent = "spent_usd"
                case held = "held_usd"
                case cacheHits = "cache_hits"
                case degraded = "degraded_answers"
                case costAQuestion = "usd_per_question"
            }
        }

        let isEmpty: Bool
        let by, since, until, timezone: String
        let rows: [Row]
        let others: Row?
        let total: Row

        enum CodingKeys: String, CodingKey {
            case by, since, until, timezone, rows, others, total
            case isEmpty = "empty"
        }
    }
}
