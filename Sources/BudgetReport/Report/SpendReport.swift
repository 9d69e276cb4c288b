import Documents
import Foundation
package import Spending

/// What was spent in a span, put together by something that calls have in common.
package struct SpendReport: Sendable {
    /// The calls that have something in common.
    package struct Group: Sendable {
        /// What they have in common; nil for a tenant or a time that has none.
        package let key: Key
        /// Their sums.
        package let amounts: SpendAmounts
        /// Answers that were made without the model; nil where nobody knows to which group they belong.
        package let degraded: Int?

        /// What one question cost, rounded down to the nano-dollar; nil without any.
        package var costAQuestion: Money? {
            amounts.questions > 0 ? Money(nanoUSD: amounts.spent.nanoUSD / Int64(amounts.questions)) : nil
        }
    }

    /// What the calls of a group have in common.
    package enum Key: Sendable, Hashable {
        case period(Period)
        case function(String)
        case model(ModelID)
        case tenant(String?)
        case question(String)
        /// All groups that are not among the dearest.
        case others(Int?)
        /// All calls.
        case all
    }

    /// By what calls are put together.
    package let grouping: ReportGrouping
    /// Which calls.
    package let span: ReportSpan
    /// The groups: periods in order, others the dearest first.
    package let groups: [Group]
    /// What is left out of the groups; nil where nothing is.
    package let others: Group?
    /// All calls of the span.
    package let total: Group
    /// The newest ``periodsMax`` periods from the first group to the last, also those without a call; empty where calls are
    /// not put together by time.
    let periods: [Period]
    /// The limit of each period, where one budget of these very periods limits every call.
    let limits: [Period: Money]
    /// Of which budgets the limit is not told, though it is for as long as the periods are, and why; nil where there is none.
    let limitNote: String?
    /// Whose clock times are told by.
    let clockNote: String

    /// Whether nothing was ever spent or held.
    let isLedgerEmpty: Bool
    /// The ledger's instant.
    let now: Date

    /// How many questions are shown where nobody says.
    private static let questionsMax = 20
    /// More columns could not be told apart.
    static let periodsMax = 400

    /// Reads a ledger.
    ///
    /// - Parameters:
    ///   - view: The ledger.
    ///   - grouping: By what calls are put together.
    ///   - span: Which calls.
    ///   - top: How many of the dearest groups are shown; nil for all, or 20 questions.
    ///   - degraded: The answers of the span that were made without the model.
    ///   - isDrawn: Whether a picture is made of it, which shows the limits; looking for them in the journal takes a while.
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``.
    package init(
        _ view: LedgerView, by grouping: ReportGrouping, span: ReportSpan, top: Int? = nil,
        degraded: [DegradedAnswers] = [], isDrawn: Bool = true
    ) async throws(GovernorError) {
        let top = top ?? (grouping == .question ? Self.questionsMax : nil)
        let sums = try await view.reader.spending(
            SpendQuery(span: span.range, grouping: grouping.queryGrouping(atMost: top ?? .max)))
        let total = Group(
            key: .all,
            amounts: grouping.length != nil
                ? sums.reduce(.zero) { $0 + $1.amounts } : try await view.total(in: span.range),
            degraded: degraded.map(\.count).reduce(0, +))
        let all = Self.groups(sums, by: grouping, span.timeZone, degraded)
        self.grouping = grouping
        isLedgerEmpty = view.start == nil
        now = view.now
        self.span = span
        self.total = total
        groups = Self.dearest(all, top: top, isByTime: grouping.length != nil)
        others = Self.others(than: groups, of: all, total: total, grouping)
        periods = Self.periods(groups, grouping, span.timeZone)
        let budgets = view.budgets.filter { $0.rule.length == grouping.length && $0.scope == BudgetScope() }
        limits = isDrawn ? try await Self.limits(periods, of: budgets, span.timeZone, view) : [:]
        limitNote = Self.limitNote(budgets, grouping, span.timeZone)
        clockNote = view.clockNote(span.timeZone == view.timeZone ? nil : span.timeZone)
    }

    private static func groups(
        _ sums: [SpendSum], by grouping: ReportGrouping, _ zone: TimeZone, _ degraded: [DegradedAnswers]
    ) -> [Group] {
        guard let length = grouping.length else {
            var rest = Dictionary(grouping: degraded, by: \.tenant).mapValues { $0.map(\.count).reduce(0, +) }
            var groups = sums.map { sum in
                let key = Key(sum.key)
                return Group(
                    key: key, amounts: sum.amounts,
                    degraded: { if case .tenant(let name) = key { rest.removeValue(forKey: name) ?? 0 } else { nil } }()
                )
            }
            if grouping == .tenant {
                groups += rest.map { Group(key: .tenant($0.key), amounts: .zero, degraded: $0.value) }
            }
            return groups
        }
        let rule = PeriodRule(length: length, timeZone: zone, turnsAtMinute: 0)
        var amounts: [Period: SpendAmounts] = [:]
        var counts: [Period: Int] = [:]
        var period = rule.period(containing: .distantPast)
        // Quarters come in order, so that few periods are looked for.
        for case (.quarter(let start), let sum) in sums.map({ ($0.key, $0.amounts) }) {
            if !period.contains(start) { period = rule.period(containing: start) }
            amounts[period] = (amounts[period] ?? .zero) + sum
        }
        for answers in degraded {
            if !period.contains(answers.quarter) { period = rule.period(containing: answers.quarter) }
            counts[period, default: 0] += answers.count
        }
        return Set(amounts.keys).union(counts.keys).map {
            Group(key: .period($0), amounts: amounts[$0] ?? .zero, degraded: counts[$0] ?? 0)
        }
    }

    private static func dearest(_ all: [Group], top: Int?, isByTime: Bool) -> [Group] {
        let dearest = all.sorted {
            $0.amounts.spent == $1.amounts.spent ? $0.key < $1.key : $0.amounts.spent > $1.amounts.spent
        }.prefix(top ?? .max)
        return isByTime ? dearest.sorted { $0.key < $1.key } : Array(dearest)
    }

    private static func others(
        than shown: [Group], of all: [Group], total: Group, _ grouping: ReportGrouping
    ) -> Group? {
        var rest = shown.reduce(total.amounts) { sums, group in
            var amounts = group.amounts
            amounts.replays = amounts.replays ?? 0
            return sums - amounts
        }
        // A question that began before the span is settled within it, and counted before.
        rest.questions = max(0, rest.questions)
        guard all.count > shown.count || grouping == .question && rest != .zero else { return nil }
        let isKnown = shown.allSatisfy { $0.degraded != nil }
        return Group(
            key: .others(grouping == .question ? nil : all.count - shown.count), amounts: rest,
            degraded: isKnown
                ? total.degraded.map { $0 - shown.compactMap(\.degraded).reduce(0, +) } : nil)
    }

    /// The periods from the first group to the last, also those without a call.
    private static func periods(
        _ groups: [Group], _ grouping: ReportGrouping, _ zone: TimeZone
    ) -> [Period] {
        guard let length = grouping.length, case .period(var period)? = groups.first?.key,
            case .period(let last)? = groups.last?.key
        else { return [] }
        let rule = PeriodRule(length: length, timeZone: zone, turnsAtMinute: 0)
        var periods: [Period] = []
        while period.start <= last.start {
            periods.append(period)
            period = rule.period(containing: period.end)
        }
        return Array(periods.suffix(periodsMax))
    }

    private static func limits(
        _ periods: [Period], of budgets: [Budget], _ zone: TimeZone, _ view: LedgerView
    ) async throws(GovernorError) -> [Period: Money] {
        // The tightest: no call passes it.
        guard let budget = budgets.filter({ $0.turns(in: zone) }).min(by: { $0.limit < $1.limit }) else { return [:] }
        return try await LimitHistory(of: budget, in: periods, view).limits
    }

    private static func limitNote(_ budgets: [Budget], _ grouping: ReportGrouping, _ zone: TimeZone) -> String? {
        let others = budgets.filter { !$0.turns(in: zone) }
        guard !others.isEmpty else { return nil }
        return others.map { budget in
            let minute = budget.rule.turnsAtMinute
            let turn = minute == 0 ? "" : ", from \(minute.clock) on"
            return "The limit of \(budget.name) is left out: its \(grouping.rawValue)s are those of "
                + "\(budget.rule.timeZone.ianaName)\(turn), these are those of \(zone.ianaName)."
        }.joined(separator: " ")
    }
}

extension Budget {
    /// Whether its periods are those of a zone's calendar.
    fileprivate func turns(in zone: TimeZone) -> Bool {
        rule == PeriodRule(length: rule.length, timeZone: zone, turnsAtMinute: 0)
    }
}

extension Int {
    /// Minutes after midnight as a clock shows them: `06:30`.
    fileprivate var clock: String {
        [self / 60, self % 60].map { ($0 < 10 ? "0" : "") + String($0) }.joined(separator: ":")
    }
}

extension SpendReport.Key: Comparable {
    fileprivate init(_ key: SpendKey) {
        self =
            switch key {
            // Quarters are put together to periods before.
            case .quarter(let start): .period(Period(start: start, end: start))
            case .function(let name): .function(name)
            case .model(let model): .model(model)
            case .tenant(let name): .tenant(name)
            case .question(let id): .question(id)
            }
    }

    /// Earlier before later, and names in order.
    package static func < (left: SpendReport.Key, right: SpendReport.Key) -> Bool {
        if case .period(let left) = left, case .period(let right) = right { return left.start < right.start }
        return left.name < right.name
    }

    /// As people read it, where it is no period.
    var name: String {
        switch self {
        case .period, .all: "Total"
        case .function(let name), .question(let name): name
        case .model(let model): model.model
        case .tenant(let name): name ?? "(none)"
        case .others(let count): count.map { "\($0.counted("other"))" } ?? "others"
        }
    }
}
