package import FoundationEssentials

/// The rules of every ledger: what a transaction has read becomes decisions, and changes to be written.
///
/// A store reads what an operation needs to know and notes it here, asks for a decision, and writes the ``changes`` and those
/// of the ``counters``, all in one transaction in which nobody else writes. Where a step throws, it has changed nothing.
///
/// A call is admitted in three steps, each of which says what the next needs to know: ``answer(to:)``, ``terms(of:_:)`` and,
/// when the counters of their lines were noted, ``decide(_:_:)``.
package struct LedgerBooks: Sendable {
    /// A hold as it was read.
    package struct Hold: Sendable {
        /// Who took it.
        package let owner: String
        /// What it is held for; nil for a call that this transaction is not about.
        package let call: CallID?
        /// What is held.
        package let bound: Money
        /// Whether it was charged in full because its lease ended; its owner may correct that once.
        package var isOrphan: Bool
        /// Where it is counted.
        package let lines: [CounterKey]

        /// Makes a hold of a row.
        package init(owner: String, call: CallID?, bound: Money, isOrphan: Bool, lines: [CounterKey]) {
            self.owner = owner
            self.call = call
            self.bound = bound
            self.isOrphan = isOrphan
            self.lines = lines
        }
    }

    /// What was read of a call.
    package enum Known: Sendable {
        /// It was settled, and this is its answer.
        case settled(Settlement)
        /// It was settled, and its response is deleted.
        case forgotten
        /// A hold is for it. `isOwn` says that who asks took it and may still end it.
        case held(HoldID, isOrphan: Bool, isOwn: Bool)
    }

    /// Who asks.
    package private(set) var owner: String
    /// The ledger's instant, on a whole millisecond: the clock's, or that of the last entry, raise or decision.
    package private(set) var now: Date
    /// What the clock says, which may be before it.
    package private(set) var clock: Date
    /// What this machine's clock says; nil where the ledger goes by that one, or a test sets it.
    package var machineClock: Date?
    /// See ``LedgerMoment/raises``.
    package var raises: [BudgetRaise] = []
    /// All limits that were ever in force, oldest first.
    package var allLimits: [LedgerLimits] = []
    /// The breaches of the models that were read, without those that somebody accepted; empty for a model without any.
    package var breaches: [ModelID: [Breach]] = [:]
    /// What is counted.
    package var counters: CounterBook
    /// What is to be written.
    package private(set) var changes = LedgerChanges()
    /// The number of the journal's last entry; 0 where there is none.
    package private(set) var lastID: Int64

    /// The instant of the last entry, raise or decision.
    private var last: Date
    /// How far this machine's clock may be behind the turn of a period that it opens, in seconds.
    private static let lateMax: TimeInterval = 300
    private var nextID: Int64
    private let marksHolds: Bool
    private var known: [CallID: [Known]] = [:]
    private var holds: [HoldID: Hold] = [:]
    /// Those that ended in this operation's transaction, or were charged as orphans.
    private var ended: Set<HoldID> = []
    private var orphaned: Set<HoldID> = []

    /// Begins books.
    ///
    /// - Parameters:
    ///   - owner: Who asks.
    ///   - clock: What the clock says.
    ///   - last: The instant of the last entry, raise or decision; the ledger's own instant is never before it.
    ///   - lastID: The number of the journal's last entry; 0 where there is none.
    ///   - nextID: The next entry's number; nil for the one after `lastID`.
    ///   - marksHolds: Whether entries' numbers may come again, so that new holds get marks.
    ///   - counters: What is counted.
    package init(
        owner: String, clock: Date, last: Date, lastID: Int64, nextID: Int64? = nil, marksHolds: Bool = false,
        counters: CounterBook = CounterBook()
    ) {
        self.counters = counters
        self.owner = owner
        self.last = last
        self.clock = clock
        self.lastID = lastID
        self.nextID = nextID ?? lastID + 1
        self.marksHolds = marksHolds
        now = max(clock, last)
    }

    /// Goes on with the operation of another owner, or at a later instant, in the same transaction.
    package mutating func turn(to clock: Date, for owner: String) {
        self.clock = clock
        self.owner = owner
        now = max(clock, last)
        known = [:]
        holds = [:]
        (ended, orphaned) = ([], [])
    }

    /// The instant and what is in force.
    package var moment: LedgerMoment {
        LedgerMoment(instant: now, raises: raises, allLimits: allLimits, lead: now.timeIntervalSince(clock))
    }

    // MARK: - Facts

    /// Takes note of what is known of a call.
    package mutating func note(_ fact: Known, of call: CallID) { known[call, default: []].append(fact) }

    /// Takes note of a hold that may end.
    package mutating func note(_ hold: Hold, _ id: HoldID) { holds[id] = hold }

    /// A hold that was noted and has not ended.
    package func hold(_ id: HoldID) -> Hold? { holds[id] }

    /// Takes note that somebody raised a limit, or decided, at the ledger's instant, or set that to another one.
    package mutating func turned(to instant: Date? = nil) {
        if let instant { now = instant }
        last = now
    }

    // MARK: - Admission

    /// The answer to a call of which the ledger knows already; nil for one that may be made.
    ///
    /// - Throws: ``GovernorError/answerForgotten``.
    package mutating func answer(to call: PaidCall) throws(GovernorError) -> LedgerAdmission? {
        let facts = known[call.id] ?? []
        for case .settled(let settlement) in facts {
            changes.replays.append(call)
            return .settled(settlement)
        }
        for case .forgotten in facts { throw .answerForgotten }
        return facts.contains(where: isInFlight) ? .inFlight : nil
    }

    /// What a call may cost at the ledger's moment, and where.
    ///
    /// - Throws: ``GovernorError/boundBreached(_:)``, or what `terms` throws.
    package func terms(
        of call: PaidCall, _ terms: (LedgerMoment) throws(GovernorError) -> HoldTerms
    ) throws(GovernorError) -> HoldTerms {
        let terms = try terms(moment)
        guard breaches[call.model, default: []].allSatisfy(terms.price.covers) else {
            throw .boundBreached(call.model)
        }
        return terms
    }

    /// A hold lives until it ends or is charged; an owner knows of its own that they do, whatever their leases.
    private func isInFlight(_ fact: Known) -> Bool {
        guard case .held(let id, let isOrphan, let isOwn) = fact else { return false }
        return !ended.contains(id) && (isOwn || !isOrphan && !orphaned.contains(id))
    }

    /// Holds what a call may cost in every budget that covers it, or in none.
    ///
    /// - Parameters:
    ///   - call: What is paid for.
    ///   - terms: Its terms, whose lines' counters were noted.
    /// - Returns: A new hold, or why there is none.
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)`` where a counter was not read: what is not known is not nothing;
    ///   or ``GovernorError/clocksDisagree(ledger:machine:)`` where a period would begin that has not by ``machineClock``.
    package mutating func decide(
        _ call: PaidCall, _ terms: HoldTerms
    ) throws(GovernorError) -> LedgerAdmission {
        guard terms.lines.allSatisfy(counters.hasAll) else {
            throw .ledgerUnavailable(reason: "it was not asked what is spent, which is a fault of sluice; report it")
        }
        switch terms.decide(terms.lines.map(counters.counter)) {
        case .refuse(let shortage): return .refused(shortage)
        case .hold(let bound, let outputTokensMax):
            try checkBegun(terms.lines)
            let id = hold(call, terms, bound)
            return .held(holdID: id, terms: terms, bound: bound, outputTokensMax: outputTokensMax)
        }
    }

    /// Opens no period on the word of the ledger's clock alone.
    ///
    /// One that leaps ahead would give a day that had its limit another one, in a period to come. Where a period is open, that
    /// clock is enough.
    private func checkBegun(_ lines: [BudgetLine]) throws(GovernorError) {
        guard let machineClock else { return }
        let latest = machineClock.addingTimeInterval(Self.lateMax)
        guard lines.allSatisfy({ $0.period.start <= latest || counters.isOpen($0) }) else {
            throw .clocksDisagree(ledger: now, machine: machineClock)
        }
    }

    private mutating func hold(_ call: PaidCall, _ terms: HoldTerms, _ bound: Money) -> HoldID {
        let number = takeID()
        let id = marksHolds ? HoldID.marked(number: number) : HoldID(number: number)
        let lines = terms.lines.map { (key: counters.open($0), limit: $0.limit) }
        changes.reserves.append(
            LedgerChanges.Reserve(holdID: id, call: call, rates: terms.price.rates, bound: bound, lines: lines))
        counters.count(spent: .zero, held: bound, in: lines.map(\.key))
        return id
    }

    // MARK: - Ends by the owner

    /// Ends a hold with what the call cost in truth.
    ///
    /// - Throws: ``GovernorError/unknownHold``.
    package mutating func settle(
        _ id: HoldID, of call: PaidCall, _ digested: DigestedSettlement
    ) throws(GovernorError) {
        let hold = try take(id, of: call.id)
        let settlement = digested.settlement
        end(id, hold, kind: .settle, cost: settlement.cost, settlement: digested)
        changes.responses.append(
            LedgerChanges.Response(call: call.id, entryID: lastID, settlement: settlement))
        guard settlement.isBreach(of: call, bound: hold.bound) else { return }
        journal(.breach, of: id, spent: .zero, held: .zero, lines: [], settlement: digested)
        let breach = Breach(
            inputBytes: call.inputBytes, messages: call.messages, outputTokensMax: call.outputTokensMax,
            usage: settlement.usage)
        changes.breaches.append(
            JournaledBreach(
                holdID: id, model: call.model, breach: breach, at: now, bound: hold.bound,
                cost: settlement.cost, isAccepted: false))
        breaches[call.model]?.append(breach)
    }

    /// Ends a hold whose call may have been made: its bound is charged.
    ///
    /// An orphan is charged already, and now for good.
    ///
    /// - Throws: ``GovernorError/unknownHold``.
    package mutating func chargeInFull(_ id: HoldID, of call: CallID) throws(GovernorError) {
        let hold = try take(id, of: call)
        if !hold.isOrphan { end(id, hold, kind: .charge, cost: hold.bound) }
    }

    /// Ends a hold whose call was surely never made.
    ///
    /// An orphan's charge is given back.
    ///
    /// - Throws: ``GovernorError/unknownHold``.
    package mutating func release(_ id: HoldID, of call: CallID) throws(GovernorError) {
        end(id, try take(id, of: call), kind: .release, cost: .zero)
    }

    /// An end is taken only from the hold's owner, for its call.
    private mutating func take(_ id: HoldID, of call: CallID) throws(GovernorError) -> Hold {
        guard let hold = holds[id], hold.owner == owner, hold.call == call else { throw .unknownHold }
        remove(id)
        return hold
    }

    // MARK: - Ends instead of the owner

    /// Charges holds of this owner that were dropped; nobody can correct them any more.
    package mutating func chargeAbandoned(_ ids: some Sequence<HoldID>) {
        for id in ids.sorted(by: { $0.number < $1.number }) {
            // One that was settled or swept before is no longer there.
            guard let hold = holds[id], hold.owner == owner else { continue }
            remove(id)
            if !hold.isOrphan { end(id, hold, kind: .orphan, cost: hold.bound) }
        }
    }

    /// Charges holds whose owners are gone, in full and for good.
    package mutating func chargeLeft(_ ids: some Sequence<HoldID>) {
        for id in ids {
            guard let hold = holds[id], !hold.isOrphan else { continue }
            remove(id)
            end(id, hold, kind: .orphan, cost: hold.bound)
        }
    }

    /// Charges holds whose leases have ended.
    ///
    /// The owner may be alive after all: the hold is kept, so that the owner can correct the charge once.
    package mutating func chargeExpired(_ ids: some Sequence<HoldID>) {
        for id in ids {
            // One that its owner has ended in this very transaction is no orphan.
            guard let hold = holds[id], !hold.isOrphan else { continue }
            end(id, hold, kind: .orphan, cost: hold.bound)
            holds[id]?.isOrphan = true
            orphaned.insert(id)
            changes.orphans.append(id)
        }
    }

    private mutating func remove(_ id: HoldID) {
        holds[id] = nil
        ended.insert(id)
        changes.endedHolds.append(id)
    }

    // MARK: - The journal

    /// Journals and counts the end of a hold.
    ///
    /// An orphan was charged before: its charge becomes the cost.
    private mutating func end(
        _ id: HoldID, _ hold: Hold, kind: JournalEntry.Kind, cost: Money, settlement: DigestedSettlement? = nil
    ) {
        let charged = hold.isOrphan ? hold.bound.nanoUSD : 0
        journal(
            kind, of: id, spent: Money(nanoUSD: cost.nanoUSD - charged),
            held: Money(nanoUSD: charged - hold.bound.nanoUSD), lines: hold.lines, settlement: settlement)
    }

    private mutating func journal(
        _ kind: JournalEntry.Kind, of holdID: HoldID, spent: Money, held: Money, lines: [CounterKey],
        settlement: DigestedSettlement? = nil
    ) {
        changes.ends.append(
            LedgerChanges.End(
                id: takeID(), kind: kind, holdID: holdID, spent: spent, held: held, settlement: settlement))
        counters.count(spent: spent, held: held, in: lines)
    }

    private mutating func takeID() -> Int64 {
        defer { nextID += 1 }
        last = now
        lastID = nextID
        return nextID
    }

    /// Gives what is to be written besides the counters, once.
    package mutating func takeChanges() -> LedgerChanges {
        defer { changes = LedgerChanges() }
        return changes
    }
}
