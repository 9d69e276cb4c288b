import FoundationEssentials
import FunctionKit

/// The tables of a ledger in memory, and the steps within one transaction.
///
/// Each step looks first and then writes all or nothing.
struct LedgerPages {
    struct Hold {
        let id: String
        let call: CallID
        let owner: Int
        let bound: Money
        var leaseUntil: Date
        var isOrphan = false
    }

    struct Response {
        let settlement: Settlement
        var storedAt: Date
    }

    struct Alert {
        let alert: BudgetAlert
        var claimedUntil: Date
        var isConfirmed = false
    }

    /// A call that was answered from its stored settlement.
    struct Replay {
        let call: PaidCall
        let at: Date
    }

    private typealias CounterKey = LedgerAudit.CounterKey
    private typealias Amounts = LedgerAudit.Amounts

    private(set) var instant = Date.distantPast
    /// What the clock says, which may be before it.
    private var clock = Date.distantPast
    private(set) var journal: [JournalEntry] = []
    private(set) var holds: [String: Hold] = [:]
    var breaches: [JournaledBreach] = []
    var decisions: [LedgerDecision] = []
    var responses: [CallID: Response] = [:]
    /// The calls whose responses were deleted.
    var forgotten: Set<CallID> = []
    var alerts: [String: Alert] = [:]
    var allRaises: [BudgetRaise] = []
    private(set) var replays: [Replay] = []
    private var counters: [CounterKey: Amounts] = [:]
    private var periodEnds: [CounterKey: Date] = [:]

    /// Sets the instant to the clock's, on a whole millisecond, never back.
    mutating func turn(to clock: Date) {
        let milliseconds = (clock.timeIntervalSince1970 * 1000 + 0.01).rounded(.down)
        self.clock = Date(timeIntervalSince1970: milliseconds / 1000)
        instant = max(instant, self.clock)
    }

    /// How far the instant is ahead of the clock, in seconds.
    var lead: TimeInterval { instant.timeIntervalSince(clock) }

    /// Goes on at the clock's instant, and gives the one that is left: nothing waits for that any more.
    mutating func setBack() -> Date {
        let left = instant
        instant = clock
        allRaises += allRaises.restated(at: clock)
        // Those who live renew their leases from now on.
        for (id, hold) in holds {
            holds[id]?.leaseUntil = clock + max(0, hold.leaseUntil.timeIntervalSince(left))
        }
        for (call, response) in responses { responses[call]?.storedAt = min(response.storedAt, clock) }
        for (id, alert) in alerts { alerts[id]?.claimedUntil = min(alert.claimedUntil, clock) }
        return left
    }

    var moment: LedgerMoment {
        LedgerMoment(instant: instant, raises: allRaises, allLimits: allLimits, lead: lead)
    }

    /// Every budget and tenant's share in every period that anything was counted in.
    var periodCounters: [PeriodCounter] {
        counters.compactMap { key, amounts in
            periodEnds[key].map {
                PeriodCounter(
                    budget: key.budget, period: Period(start: key.periodStart, end: $0), spent: amounts.spent,
                    held: amounts.held)
            }
        }
    }

    mutating func noteReplay(of call: PaidCall) { replays.append(Replay(call: call, at: instant)) }

    /// Whether a call's hold lives; an owner knows of its own that they do, whatever their leases.
    func isInFlight(_ call: CallID, for owner: Int) -> Bool {
        holds.values.contains { $0.call == call && (!$0.isOrphan || $0.owner == owner) }
    }

    func counter(_ line: BudgetLine) -> LedgerCounter {
        var counter = LedgerCounter(line: line, spent: .zero, held: .zero)
        for (key, amounts) in counters where key.budget == line.budget && key.periodStart < line.period.end {
            guard let end = periodEnds[key], end > line.period.start else { continue }
            counter.spent = counter.spent.addingUpToLimit(amounts.spent)
            counter.held = counter.held.addingUpToLimit(amounts.held)
        }
        return counter
    }

    mutating func hold(
        _ call: PaidCall, terms: HoldTerms, bound: Money, outputTokensMax: Int, owner: Int, leaseUntil: Date
    ) -> String {
        let id = Int64(journal.count + 1)
        for line in terms.lines {
            let key = CounterKey(budget: line.budget, periodStart: line.period.start)
            periodEnds[key] = max(periodEnds[key] ?? .distantPast, line.period.end)
        }
        append(
            JournalEntry(
                id: id, at: instant, kind: .reserve, holdID: String(id), reservedAt: instant, call: call.id,
                model: call.model, tenant: call.tenant,
                rates: terms.price.rates,
                spent: .zero, held: bound,
                lines: terms.lines.map {
                    JournalEntry.Line(budget: $0.budget, periodStart: $0.period.start, limit: $0.limit)
                }))
        holds[String(id)] = Hold(id: String(id), call: call.id, owner: owner, bound: bound, leaseUntil: leaseUntil)
        return String(id)
    }

    func openOrOrphan(_ holdID: String, of call: CallID, owner: Int) throws(GovernorError) -> Hold {
        guard let hold = holds[holdID], hold.call == call, hold.owner == owner else { throw .unknownHold }
        return hold
    }

    mutating func settle(
        _ holdID: String, of call: PaidCall, owner: Int, settlement: Settlement
    ) throws(GovernorError) {
        let hold = try openOrOrphan(holdID, of: call.id, owner: owner)
        end(hold, kind: .settle, cost: settlement.cost, settlement: settlement)
        // A second attempt may have been answered first; its response is what redeliveries were given, also where it is
        // forgotten by now.
        if responses[call.id] == nil, !forgotten.contains(call.id) {
            responses[call.id] = Response(settlement: settlement, storedAt: instant)
        }
        guard settlement.isBreach(of: call, bound: hold.bound) else { return }
        journalEnd(of: hold, kind: .breach, spent: .zero, held: .zero, settlement: settlement)
        breaches.append(
            JournaledBreach(
                holdID: holdID, model: call.model,
                breach: Breach(
                    inputBytes: call.inputBytes, messages: call.messages, outputTokensMax: call.outputTokensMax,
                    usage: settlement.usage), at: instant, bound: hold.bound, cost: settlement.cost,
                isAccepted: false))
    }

    /// Journals and counts the end of a hold.
    ///
    /// An orphan was charged before: its charge becomes the cost.
    mutating func end(_ hold: Hold, kind: JournalEntry.Kind, cost: Money, settlement: Settlement? = nil) {
        let charged = hold.isOrphan ? hold.bound.nanoUSD : 0
        journalEnd(
            of: hold, kind: kind, spent: Money(nanoUSD: cost.nanoUSD - charged),
            held: Money(nanoUSD: hold.isOrphan ? 0 : -hold.bound.nanoUSD), settlement: settlement)
        holds[hold.id] = nil
    }

    /// Charges the bound; an orphan is charged already, and now for good.
    mutating func chargeInFull(_ holdID: String, of call: CallID, owner: Int) throws(GovernorError) {
        let hold = try openOrOrphan(holdID, of: call, owner: owner)
        if hold.isOrphan { holds[holdID] = nil } else { end(hold, kind: .charge, cost: hold.bound) }
    }

    mutating func chargeAbandoned(_ holdID: String) {
        // One that was settled or swept before is no longer there.
        guard let hold = holds[holdID] else { return }
        if hold.isOrphan { holds[holdID] = nil } else { end(hold, kind: .orphan, cost: hold.bound) }
    }

    /// Charges the holds whose leases have ended.
    ///
    /// The owner may be alive after all: the hold is kept, so that the owner can correct the charge once.
    mutating func chargeOrphans() {
        let ended = holds.values.filter { !$0.isOrphan && $0.leaseUntil <= instant }
        for hold in ended.sorted(by: { (Int64($0.id) ?? 0) < (Int64($1.id) ?? 0) }) {
            journalEnd(of: hold, kind: .orphan, spent: hold.bound, held: Money(nanoUSD: -hold.bound.nanoUSD))
            holds[hold.id]?.isOrphan = true
        }
    }

    mutating func renewLeases(of owner: Int, until leaseUntil: Date) {
        for hold in holds.values where hold.owner == owner && !hold.isOrphan {
            holds[hold.id]?.leaseUntil = leaseUntil
        }
    }

    mutating func claimAlerts(_ thresholds: [(line: BudgetLine, percents: [Int])], until: Date) -> [BudgetAlert] {
        for (line, percents) in thresholds {
            let counter = counter(line)
            for percent in percents where counter.hasReached(percent) {
                let alert = BudgetAlert(
                    budget: line.budget, percent: percent, period: line.period, limit: line.limit,
                    spent: counter.spent, held: counter.held, at: instant)
                if alerts[alert.id] == nil { alerts[alert.id] = Alert(alert: alert, claimedUntil: .distantPast) }
            }
        }
        // Also those of budgets and periods that are over and were never delivered.
        let due = alerts.values.filter { !$0.isConfirmed && $0.claimedUntil <= instant }.map(\.alert).sorted {
            ($0.at, $0.budget, $0.period.start, $0.percent) < ($1.at, $1.budget, $1.period.start, $1.percent)
        }
        for alert in due { alerts[alert.id]?.claimedUntil = until }
        return due
    }

    mutating func forgetResponses(before oldest: Date) -> Int {
        let old = responses.filter { $0.value.storedAt < oldest }
        forgotten.formUnion(old.keys)
        for call in old.keys { responses[call] = nil }
        return old.count
    }

    func verify() -> LedgerVerification {
        var journaled: [CounterKey: Amounts] = [:]
        for entry in journal {
            for line in entry.lines {
                let key = CounterKey(budget: line.budget, periodStart: line.periodStart)
                journaled[key, default: Amounts()].spent.nanoUSD += entry.spent.nanoUSD
                journaled[key, default: Amounts()].held.nanoUSD += entry.held.nanoUSD
            }
        }
        let lines = Dictionary(grouping: journal, by: \.holdID).compactMapValues { $0.first?.lines }
        var open: [CounterKey: Amounts] = [:]
        for hold in holds.values where !hold.isOrphan {
            for line in lines[hold.id] ?? [] {
                open[CounterKey(budget: line.budget, periodStart: line.periodStart), default: Amounts()].held.nanoUSD +=
                    hold.bound.nanoUSD
            }
        }
        return LedgerAudit(
            journaled: journaled, counted: counters, open: open, quarters: [], entries: journal.count,
            lastEntry: Int64(journal.count)
        ).verification
    }

    private mutating func journalEnd(
        of hold: Hold, kind: JournalEntry.Kind, spent: Money, held: Money, settlement: Settlement? = nil
    ) {
        guard let number = Int(hold.id), journal.indices.contains(number - 1) else { return }
        let reserved = journal[number - 1]
        append(
            JournalEntry(
                id: Int64(journal.count + 1), at: instant, kind: kind, holdID: hold.id,
                reservedAt: reserved.reservedAt, call: reserved.call, model: reserved.model, tenant: reserved.tenant,
                rates: reserved.rates, usage: settlement?.usage, countedBy: settlement?.countedBy,
                requestID: settlement?.requestID, responseDigest: settlement?.responseDigest, spent: spent,
                held: held, lines: reserved.lines))
    }

    private mutating func append(_ entry: JournalEntry) {
        journal.append(entry)
        for line in entry.lines {
            let key = CounterKey(budget: line.budget, periodStart: line.periodStart)
            counters[key, default: Amounts()].spent.nanoUSD += entry.spent.nanoUSD
            counters[key, default: Amounts()].held.nanoUSD += entry.held.nanoUSD
        }
    }
}
