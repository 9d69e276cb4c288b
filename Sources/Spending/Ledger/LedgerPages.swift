import FoundationEssentials
import FunctionKit

/// The tables of a ledger in memory, and the steps within one transaction.
///
/// Each step looks first and then writes all or nothing.
struct LedgerPages {
    struct Hold {
        let call: CallID
        let owner: String
        let bound: Money
        var leaseUntil: Date
        var isOrphan = false
        let lines: [CounterKey]
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

    /// What they decide by; the counters in them are the table.
    private(set) var books = LedgerBooks(
        owner: "", clock: .distantPast, last: .distantPast, lastID: 0, counters: CounterBook(isWhole: true))
    private(set) var journal: [JournalEntry] = []
    private(set) var holds: [HoldID: Hold] = [:]
    var breaches: [JournaledBreach] = []
    private(set) var decisions: [LedgerDecision] = []
    var responses: [CallID: Response] = [:]
    /// The calls whose responses were deleted.
    var forgotten: Set<CallID> = []
    var alerts: [String: Alert] = [:]
    private(set) var allRaises: [BudgetRaise] = []
    private(set) var replays: [Replay] = []

    /// The ledger's instant.
    var instant: Date { books.now }
    /// What its clock says, which may be before it; by this alone a thing grows old.
    var clock: Date { books.clock }

    /// Begins a step of an owner at the clock's instant, on a whole millisecond, never before the last entry.
    mutating func turn(to clock: Date, for owner: String) {
        books.turn(to: Date(milliseconds: clock.milliseconds), for: owner)
        books.raises = allRaises
        books.allLimits = allLimits
    }

    /// Goes on at the clock's instant: nothing waits for the one that is left any more.
    mutating func setBack(from left: Date, to clock: Date) {
        allRaises += allRaises.restated(at: clock)
        // Those who live renew their leases from now on.
        for (id, hold) in holds {
            holds[id]?.leaseUntil = clock + max(0, hold.leaseUntil.timeIntervalSince(left))
        }
        for (call, response) in responses { responses[call]?.storedAt = min(response.storedAt, clock) }
        for (id, alert) in alerts { alerts[id]?.claimedUntil = min(alert.claimedUntil, clock) }
    }

    mutating func note(_ decision: LedgerDecision) {
        decisions.append(decision)
        books.turned(to: decision.at)
    }

    mutating func note(_ raise: BudgetRaise) {
        var raise = raise
        raise.at = instant
        allRaises.append(raise)
        books.turned()
    }

    // MARK: - Calls

    mutating func reserve(
        _ call: PaidCall, leaseUntil: Date, _ terms: (LedgerMoment) throws(GovernorError) -> HoldTerms
    ) throws(GovernorError) -> LedgerAdmission {
        chargeOrphans()
        noteKnown(call.id)
        if let answer = try books.answer(to: call) {
            write(leaseUntil: leaseUntil)
            return answer
        }
        books.breaches[call.model] = breaches.filter { $0.model == call.model && !$0.isAccepted }.map(\.breach)
        let admission = try books.decide(call, try books.terms(of: call, terms))
        write(leaseUntil: leaseUntil)
        return admission
    }

    mutating func settle(_ id: HoldID, of call: PaidCall, _ settlement: Settlement) throws(GovernorError) {
        noteHold(id)
        try books.settle(id, of: call, DigestedSettlement(settlement))
        write()
    }

    mutating func chargeInFull(_ id: HoldID, of call: CallID) throws(GovernorError) {
        noteHold(id)
        try books.chargeInFull(id, of: call)
        write()
    }

    mutating func release(_ id: HoldID, of call: CallID) throws(GovernorError) {
        noteHold(id)
        try books.release(id, of: call)
        write()
    }

    // MARK: - Instead of owners

    mutating func chargeAbandoned(_ ids: Set<HoldID>) {
        for id in ids { noteHold(id) }
        books.chargeAbandoned(ids)
        write()
    }

    /// Charges the holds whose leases have ended.
    mutating func chargeOrphans() {
        let ended = holds.filter { !$0.value.isOrphan && $0.value.leaseUntil <= instant }.keys
        for id in ended { noteHold(id) }
        books.chargeExpired(ended.sorted { $0.number < $1.number })
        write()
    }

    mutating func renewLeases(of owner: String, until leaseUntil: Date) {
        for (id, hold) in holds where hold.owner == owner && !hold.isOrphan { holds[id]?.leaseUntil = leaseUntil }
    }

    private mutating func noteKnown(_ call: CallID) {
        if let settlement = responses[call]?.settlement { books.note(.settled(settlement), of: call) }
        if forgotten.contains(call) { books.note(.forgotten, of: call) }
        for (id, hold) in holds where hold.call == call {
            books.note(.held(id, isOrphan: hold.isOrphan, isOwn: hold.owner == books.owner), of: call)
        }
    }

    private mutating func noteHold(_ id: HoldID) {
        guard let hold = holds[id] else { return }
        books.note(
            LedgerBooks.Hold(
                owner: hold.owner, call: hold.call, bound: hold.bound, isOrphan: hold.isOrphan, lines: hold.lines), id)
    }

    // MARK: - What is written

    /// Writes what the books have decided.
    ///
    /// - Parameter leaseUntil: When the leases of new holds end.
    private mutating func write(leaseUntil: Date = .distantPast) {
        let changes = books.takeChanges()
        // They are in the table already.
        _ = books.counters.takeChanges()
        for end in changes.ends {
            let number = Int(clamping: end.holdID.number)
            guard journal.indices.contains(number - 1) else { continue }
            journal.append(end.entry(at: instant, of: journal[number - 1]))
        }
        for id in changes.endedHolds { holds[id] = nil }
        for id in changes.orphans { holds[id]?.isOrphan = true }
        for response in changes.responses
        where responses[response.call] == nil && !forgotten.contains(response.call) {
            responses[response.call] = Response(settlement: response.settlement, storedAt: instant)
        }
        breaches += changes.breaches
        for reserve in changes.reserves {
            journal.append(reserve.entry(at: instant))
            holds[reserve.holdID] = Hold(
                call: reserve.call.id, owner: books.owner, bound: reserve.bound, leaseUntil: leaseUntil,
                lines: reserve.lines.map(\.key))
        }
        replays += changes.replays.map { Replay(call: $0, at: instant) }
    }

    // MARK: - Between calls

    mutating func claimAlerts(_ thresholds: [(line: BudgetLine, percents: [Int])], until: Date) -> [BudgetAlert] {
        let reached = BudgetAlert.reached(thresholds, thresholds.map { books.counters.counter($0.line) }, at: instant)
        for alert in reached where alerts[alert.id] == nil {
            alerts[alert.id] = Alert(alert: alert, claimedUntil: .distantPast)
        }
        // Also those of budgets and periods that are over and were never delivered.
        let due = alerts.values.filter { !$0.isConfirmed && $0.claimedUntil <= instant }.map(\.alert).inOrder
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
        typealias Amounts = LedgerAudit.Amounts
        var journaled: [CounterKey: Amounts] = [:]
        for entry in journal {
            for line in entry.lines {
                journaled[CounterKey(line), default: Amounts()].spent.nanoUSD += entry.spent.nanoUSD
                journaled[CounterKey(line), default: Amounts()].held.nanoUSD += entry.held.nanoUSD
            }
        }
        var open: [CounterKey: Amounts] = [:]
        for hold in holds.values where !hold.isOrphan {
            for line in hold.lines { open[line, default: Amounts()].held.nanoUSD += hold.bound.nanoUSD }
        }
        let counted = books.counters.all.map { ($0, Amounts(spent: $1.spent, held: $1.held)) }
        return LedgerAudit(
            journaled: journaled, counted: Dictionary(uniqueKeysWithValues: counted), open: open, quarters: [],
            entries: journal.count, lastEntry: Int64(journal.count)
        ).verification
    }
}
