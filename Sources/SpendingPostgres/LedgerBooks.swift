import FoundationEssentials
import FunctionKit
import Spending

/// What a transaction has read of the ledger, and what it will write.
///
/// Nobody else writes while it lasts.
struct LedgerBooks {
    /// A budget's period.
    struct CounterKey: Hashable {
        let budget: String
        let startMS: Int64
    }

    struct Counter {
        var endMS: Int64
        var spent: Int64 = 0
        var held: Int64 = 0
    }

    struct Hold {
        let owner: String
        let call: UUID
        let bound: Int64
        let isOrphan: Bool
        let counters: [CounterKey]
    }

    /// What is known of a call.
    enum Known {
        case settled(Settlement)
        case forgotten
        case held(Int64)
    }

    let now: Date
    let ownerID: String
    let leaseUntilMS: Int64
    var raises: [BudgetRaise] = []
    /// All limits that were ever in force, oldest first.
    var allLimits: [LedgerLimits] = []
    /// How far the instant is ahead of the clock, in seconds.
    var lead: TimeInterval = 0
    /// The calls of which anything is known; a settlement before a deleted one before a hold.
    var known: [UUID: Known] = [:]
    /// Those that may end now.
    var holds: [Int64: Hold] = [:]
    /// Those whose leases have ended, in order.
    var expired: [Int64] = []
    var breaches: [ModelID: [Breach]] = [:]
    private(set) var writes: LedgerWrites

    private var counters: [String: [Int64: Counter]] = [:]
    private var nextID: Int64

    init(now: Date, lastID: Int64, ownerID: String, lease: Duration) {
        self.now = now
        self.ownerID = ownerID
        leaseUntilMS = now.milliseconds + Int64(lease / .milliseconds(1))
        nextID = Self.firstID(at: now, after: lastID)
        writes = LedgerWrites(now: now, lastID: lastID)
    }

    var moment: LedgerMoment { LedgerMoment(instant: now, raises: raises, allLimits: allLimits, lead: lead) }

    // MARK: - Counters

    /// Takes note of a counter as it is in the table; what the transaction has changed so far comes on top.
    mutating func note(_ counter: Counter, _ key: CounterKey) {
        var counter = counter
        let change = writes.counterChanges[key]
        counter.spent += change?.spent ?? 0
        counter.held += change?.held ?? 0
        counters[key.budget, default: [:]][key.startMS] = counter
    }

    /// All that was counted under the budget's name in periods that overlap the line's.
    func counter(_ line: BudgetLine) -> LedgerCounter {
        let (start, end) = (line.period.start.milliseconds, line.period.end.milliseconds)
        var counter = LedgerCounter(line: line, spent: .zero, held: .zero)
        for (startMS, amounts) in counters[line.budget] ?? [:] where startMS < end && amounts.endMS > start {
            counter.spent = counter.spent.addingUpToLimit(Money(nanoUSD: amounts.spent))
            counter.held = counter.held.addingUpToLimit(Money(nanoUSD: amounts.held))
        }
        return counter
    }

    private mutating func count(spent: Int64, held: Int64, in keys: [CounterKey]) {
        guard spent != 0 || held != 0 else { return }
        for key in keys {
            writes.counterChanges[key, default: (0, 0)].spent += spent
            writes.counterChanges[key, default: (0, 0)].held += held
            // What was not read is not asked for.
            counters[key.budget]?[key.startMS]?.spent += spent
            counters[key.budget]?[key.startMS]?.held += held
        }
    }

    // MARK: - Holds

    func isInFlight(_ hold: Int64, abandoned: [Int64: UUID]) -> Bool {
        abandoned[hold] == nil && !expired.contains(hold)
    }

    mutating func hold(_ call: PaidCall, _ key: UUID, terms: HoldTerms, bound: Money) -> Int64 {
        let id = takeID()
        let keys = terms.lines.map { line in
            let key = CounterKey(budget: line.budget, startMS: line.period.start.milliseconds)
            let endMS = line.period.end.milliseconds
            let known = counters[key.budget]?[key.startMS]
            if known == nil || known.map({ $0.endMS < endMS }) == true {
                writes.periods[key] = endMS
                counters[key.budget, default: [:]][key.startMS, default: Counter(endMS: endMS)].endMS = endMS
            }
            return key
        }
        writes.reserves.append(
            LedgerWrites.Reserve(
                id: id, call: call, key: key, rates: terms.price.rates, bound: bound.nanoUSD,
                lines: zip(keys, terms.lines).map { ($0, $1.limit.nanoUSD) }))
        count(spent: 0, held: bound.nanoUSD, in: keys)
        return id
    }

    mutating func settle(
        _ holdID: Int64, of call: PaidCall, _ key: UUID, _ digested: DigestedSettlement
    ) throws(GovernorError) {
        let hold = try take(holdID, key)
        let settlement = digested.settlement
        end(holdID, hold, kind: .settle, cost: settlement.cost.nanoUSD, settlement: digested)
        writes.responses.append((key, writes.lastID, settlement))
        guard settlement.isBreach(of: call, bound: Money(nanoUSD: hold.bound)) else { return }
        journal(.breach, of: holdID, spent: 0, held: 0, counters: [], settlement: digested)
        writes.breaches.append((holdID, call, settlement.usage))
        breaches[call.model, default: []].append(
            Breach(
                inputBytes: call.inputBytes, messages: call.messages, outputTokensMax: call.outputTokensMax,
                usage: settlement.usage))
    }

    /// Notes that a call was answered from its stored settlement.
    mutating func replay(_ call: PaidCall) { writes.replays.append(call) }

    mutating func chargeInFull(_ holdID: Int64, _ key: UUID) throws(GovernorError) {
        let hold = try take(holdID, key)
        // An orphan is charged in full already, and now for good.
        if !hold.isOrphan { end(holdID, hold, kind: .charge, cost: hold.bound) }
    }

    mutating func release(_ holdID: Int64, _ key: UUID) throws(GovernorError) {
        end(holdID, try take(holdID, key), kind: .release, cost: 0)
    }

    /// Charges the holds that were dropped; nobody can correct them any more.
    mutating func chargeAbandoned(_ abandoned: [Int64: UUID]) {
        for (holdID, key) in abandoned.sorted(by: { $0.key < $1.key }) {
            // One that was settled or swept before is no longer there.
            guard let hold = try? take(holdID, key), !hold.isOrphan else { continue }
            end(holdID, hold, kind: .orphan, cost: hold.bound)
        }
    }

    /// Charges the holds whose leases have ended.
    ///
    /// The owner may be alive after all: the hold is kept, so that the owner can correct the charge once.
    mutating func chargeExpired() {
        for holdID in expired {
            // One that its owner has ended in this very transaction is no orphan.
            guard let hold = holds[holdID], !hold.isOrphan else { continue }
            journal(.orphan, of: holdID, spent: hold.bound, held: -hold.bound, counters: hold.counters)
            writes.orphans.append(holdID)
        }
    }

    /// An end is taken only from the hold's owner, for its call.
    private mutating func take(_ holdID: Int64, _ key: UUID) throws(GovernorError) -> Hold {
        guard let hold = holds[holdID], hold.owner == ownerID, hold.call == key else { throw .unknownHold }
        holds[holdID] = nil
        writes.endedHolds.append(holdID)
        return hold
    }

    /// Journals and counts the end of a hold.
    ///
    /// An orphan was charged before: its charge becomes the cost.
    private mutating func end(
        _ holdID: Int64, _ hold: Hold, kind: JournalEntry.Kind, cost: Int64, settlement: DigestedSettlement? = nil
    ) {
        journal(
            kind, of: holdID, spent: hold.isOrphan ? cost - hold.bound : cost, held: hold.isOrphan ? 0 : -hold.bound,
            counters: hold.counters, settlement: settlement)
    }

    private mutating func journal(
        _ kind: JournalEntry.Kind, of holdID: Int64, spent: Int64, held: Int64, counters: [CounterKey],
        settlement: DigestedSettlement? = nil
    ) {
        writes.ends.append(
            LedgerWrites.End(
                id: takeID(), kind: kind, holdID: holdID, spent: spent, held: held, settlement: settlement))
        count(spent: spent, held: held, in: counters)
    }

    /// The number of a transaction's first entry: the instant's in front, then a step that nobody can foresee.
    ///
    /// A ledger that falls back to a copy without its last entries gives none of their numbers, and so no hold's, again: it
    /// would have to fall back within the same millisecond, and take the same step. Transactions would have to come faster
    /// than 8 a millisecond for long to run ahead of the time. Below 2^53 until the year 2248, so that readers of JSON keep
    /// every digit.
    private static func firstID(at now: Date, after lastID: Int64) -> Int64 {
        max(lastID, max(0, now.milliseconds) << 10) + Int64.random(in: 1...256)
    }

    private mutating func takeID() -> Int64 {
        defer { nextID += 1 }
        writes.lastID = nextID
        return nextID
    }
}
