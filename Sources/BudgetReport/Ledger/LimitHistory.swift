import FoundationEssentials
import Spending

/// The limits of a budget in periods that are over, which its file no longer tells: it may have been changed since.
///
/// The ledger keeps all limits since it keeps limits at all. From before that, the journal keeps with each hold the limit that it was admitted under. The entries at both ends of each period are looked
/// at, found by halves; a limit that came and went between the two is not seen, unless it was a raise, which is journaled too.
struct LimitHistory {
    private let budget: Budget
    private let moment: LedgerMoment
    private let periods: [Period]
    /// By the first instant of a period, the highest limit that was seen in it.
    private var highest: [Date: Money] = [:]
    /// Likewise, the number of the last entry under the file's limit of then, and that limit.
    private var unraised: [Date: (entry: Int64, limit: Money)] = [:]

    /// Entries that are read around the end of a period: the first ones may still be of calls of the period before.
    private static let entriesAtAnEnd = 8

    /// Reads the journal.
    ///
    /// - Parameters:
    ///   - budget: The budget as its file has it today.
    ///   - periods: Periods of its own, one after the other.
    ///   - view: The ledger.
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``.
    init(of budget: Budget, in periods: [Period], _ view: LedgerView) async throws(GovernorError) {
        self.budget = budget
        self.periods = periods
        moment = view.moment
        guard let last = periods.last else { return }
        var end: Int64 = 1
        while try await !view.ledger.journal(after: end, atMost: 1).isEmpty { end *= 2 }
        try await look(at: (periods.map(\.start) + [last.end])[...], after: 0, upTo: end, in: view.ledger)
    }

    /// The most that was in force in each period so far: at its start, by its holds, and from each change within it on.
    var limits: [Period: Money] {
        let known = periods.map { unraised[$0.start]?.limit }
        // Where the journal says nothing of a period, nothing is known of a change since the one before.
        var carried = known.lazy.compactMap { $0 }.first ?? budget.limit
        return zip(periods, known).reduce(into: [:]) { limits, next in
            let (period, known) = next
            let kept = kept(in: period)
            carried = kept.last?.limit ?? (period.contains(moment.instant) ? budget.limit : known ?? carried)
            let changes = (moment.raises.flatMap { [$0.at, $0.until] } + kept.map(\.at)).filter { instant in
                period.contains(instant) && instant <= moment.instant
            }
            let inForce = ([period.start] + changes).map { instant in
                let filed = kept.last { $0.at <= instant }?.limit ?? carried
                return moment.raise(of: budget.name, at: instant)?.limit(over: filed) ?? filed
            }
            limits[period] = (inForce + [highest[period.start]].compactMap { $0 }).max()
        }
    }

    /// The limits without raises that the ledger knows for a period: at its start, and each that came within it.
    private func kept(in period: Period) -> [(at: Date, limit: Money)] {
        let all = moment.allLimits
        guard let first = all.first, first.at < period.end else { return [] }
        let before = all.last { $0.at <= period.start }
        return ([before].compactMap { $0 } + all.filter { $0.at > period.start && $0.at < period.end }).compactMap {
            limits in
            limits.set.budgets.first { $0.name == budget.name }.map { (limits.at, $0.limit) }
        }
    }

    /// Finds the first entry at or after each bound, and notes what stands around it.
    ///
    /// - Parameters:
    ///   - bounds: In order of time.
    ///   - low: The entries up to this number are before all bounds.
    ///   - high: Those above this number are at or after all bounds.
    ///   - ledger: Whose journal it is.
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``.
    private mutating func look(
        at bounds: ArraySlice<Date>, after low: Int64, upTo high: Int64, in ledger: any SpendLedger
    ) async throws(GovernorError) {
        guard !bounds.isEmpty else { return }
        let middle = bounds.startIndex + bounds.count / 2
        var (before, found) = (low, high)
        while before < found {
            let number = before + (found - before) / 2
            guard let entry = try await ledger.journal(after: number, atMost: 1).first, entry.at < bounds[middle] else {
                found = number
                continue
            }
            before = entry.id
        }
        let around = max(0, found - Int64(Self.entriesAtAnEnd / 2))
        note(try await ledger.journal(after: around, atMost: Self.entriesAtAnEnd))
        try await look(at: bounds[..<middle], after: low, upTo: found, in: ledger)
        try await look(at: bounds[(middle + 1)...], after: found, upTo: high, in: ledger)
    }

    private mutating func note(_ entries: [JournalEntry]) {
        for entry in entries {
            for line in entry.lines where line.name == BudgetLine.Name(budget: budget.name) {
                highest[line.periodStart] = max(highest[line.periodStart] ?? line.limit, line.limit)
                guard moment.raise(of: budget.name, at: entry.reservedAt)?.limit != line.limit,
                    entry.id > unraised[line.periodStart]?.entry ?? 0
                else { continue }
                unraised[line.periodStart] = (entry.id, line.limit)
            }
        }
    }
}
