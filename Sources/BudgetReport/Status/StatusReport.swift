package import FoundationEssentials
package import Spending

/// Where the budgets stand, as an owner looks at it every morning.
package struct StatusReport: Sendable {
    /// One budget in its present period.
    package struct Line: Sendable {
        /// Where it stands.
        package let status: BudgetStatus
        /// When its limit will be reached if the rest of the period goes on at today's rate; nil where it will not be, and
        /// where it is reached already.
        package let reachedAt: Date?
        /// The raise that is in force, or what the limit is lowered to; nil for the file's own limit.
        package let raise: BudgetRaise?

        /// What is spent, in percent of the limit.
        package var usedPercent: Double {
            guard status.limit > .zero else { return status.spent > .zero ? 100 : 0 }
            return Double(status.spent.nanoUSD) * 100 / Double(status.limit.nanoUSD)
        }
    }

    /// A budget that has entries but is no longer in the files.
    package struct Retired: Sendable {
        /// Its name.
        package let name: String
        /// All that was ever spent under it.
        package let spent: Money
        /// What is still held under it.
        package let held: Money
        /// The end of the last period that anything was counted in.
        package let lastPeriodEnd: Date
    }

    /// The budgets, in the order of their files.
    package let lines: [Line]
    /// Those that the files no longer hold, by name.
    package let retired: [Retired]
    /// The newest ``exceptionsMax`` calls from ``exceptionsSince`` on that were charged as orphans or cost more than they held,
    /// newest first.
    package let exceptions: [JournalEntry]
    /// How many there are in all.
    package let tally: ExceptionTally
    /// The start of the earliest period that is under way, or a week ago where that is earlier.
    package let exceptionsSince: Date
    /// What budgets made of questions since then; nil where nobody has told.
    package let questions: QuestionsWithoutRoom?
    /// Where the ledger lies, in words that may follow `in`; nil where nobody has told.
    let place: String?
    /// Whether nothing was ever counted.
    package let isEmpty: Bool
    let now: Date
    let timeZone: TimeZone
    /// Whose clock times are told by.
    let clockNote: String
    /// What is wrong with the ledger's clock or with the files' limits, and what to do.
    let warnings: [String]
    /// The limits in force; nil where nobody has brought any yet.
    let limits: LedgerLimits?
    /// Whether the files say what is in force.
    let isOwn: Bool
    /// How far the ledger has come beyond its clock, in seconds.
    let clockLead: TimeInterval

    /// More would not fit on one screen.
    static let exceptionsMax = 5

    /// Looks at a ledger.
    ///
    /// - Parameters:
    ///   - view: The ledger.
    ///   - timeZone: Whose wall clock is told; nil for the budgets' own.
    ///   - questions: What budgets made of questions from ``start(of:)`` on.
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``.
    package init(
        _ view: LedgerView, timeZone: TimeZone? = nil, questions: QuestionsWithoutRoom? = nil
    ) async throws(GovernorError) {
        self.questions = questions
        place = view.place
        now = view.now
        self.timeZone = timeZone ?? view.timeZone
        clockNote = view.clockNote(timeZone)
        warnings = [view.moment.clockNote, view.limitsNote].compactMap { $0 }
        limits = view.moment.limits
        isOwn = view.limitsNote == nil
        clockLead = view.moment.lead
        var lines: [Line] = []
        for (budget, status) in zip(view.budgets, view.statuses) {
            lines.append(
                Line(
                    status: status, reachedAt: try await Self.reachedAt(status, of: budget, view),
                    raise: status.limit == budget.limit ? nil : view.moment.raise(of: budget.name)))
        }
        self.lines = lines
        let names = Set(view.budgets.map(\.name))
        retired = Dictionary(grouping: view.counters.filter { !names.contains($0.budget) }, by: \.budget)
            .map { name, counters in
                Retired(
                    name: name, spent: counters.map(\.spent).reduce(.zero) { $0.addingUpToLimit($1) },
                    held: counters.map(\.held).reduce(.zero) { $0.addingUpToLimit($1) },
                    lastPeriodEnd: counters.map(\.period.end).max() ?? .distantPast)
            }.sorted { $0.name < $1.name }
        exceptionsSince = Self.start(of: view)
        exceptions = try await view.reader.exceptions(
            in: exceptionsSince ..< .distantFuture, atMost: Self.exceptionsMax)
        tally = try await view.reader.exceptionTally(in: exceptionsSince ..< .distantFuture)
        isEmpty = view.start == nil
    }

    /// From when on calls and questions are told of that did not end as they should.
    package static func start(of view: LedgerView) -> Date {
        let weekAgo = view.now.addingTimeInterval(-7 * 86_400)
        return min(view.statuses.map(\.period.start).min() ?? weekAgo, weekAgo)
    }

    /// Whether a budget has spent a percentage of its limit.
    package func hasReached(_ percent: Int) -> Bool { lines.contains { $0.usedPercent >= Double(percent) } }

    /// Today's rate is what was spent since midnight, or since the period began where that is later.
    private static func reachedAt(
        _ status: BudgetStatus, of budget: Budget, _ view: LedgerView
    ) async throws(GovernorError) -> Date? {
        guard status.remaining > .zero else { return nil }
        let day = PeriodRule(length: .day, timeZone: budget.rule.timeZone, turnsAtMinute: 0)
        let since = max(day.period(containing: view.now).start, status.period.start)
        let elapsed = view.now.timeIntervalSince(since)
        // What the budget counts, where all of the period is today's; the sums of its scope where it is longer.
        let spent =
            since == status.period.start
            ? status.spent : try await view.total(in: since..<view.now, scope: budget.scope).spent
        // The first minute says nothing of a day.
        guard spent > .zero, elapsed >= 60 else { return nil }
        let seconds = Double(status.remaining.nanoUSD) / Double(spent.nanoUSD) * elapsed
        let instant = view.now.addingTimeInterval(seconds)
        return instant < status.period.end ? instant : nil
    }
}
