package import FoundationEssentials
package import FunctionKit
import Synchronization

/// Stands before every call that costs money: no call can pass a limit, and none is paid twice.
///
/// Before a call, ``reserve(_:patience:)`` holds the most that it can cost in every budget that covers it; afterwards
/// the reservation ends in exactly one of ``settle(_:usage:countedBy:requestID:response:)``, ``chargeInFull(_:)`` and
/// ``release(_:)``. Cancellation interrupts none of these three.
package struct CostGovernor: Sendable {
    /// How often the head of a line looks whether other processes have ended holds, or the period has turned.
    ///
    /// What this process ends wakes it at once.
    private static let lookInterval = Duration.milliseconds(50)
    /// How often the others look whether their callers still have time.
    private static let patienceInterval = Duration.milliseconds(500)

    /// How long the end of a hold without a lease is tried.
    private static let insistence = Duration.seconds(600)
    private static let insistencePauseMin = Duration.milliseconds(100)
    private static let insistencePauseMax = Duration.seconds(1)

    package let ledger: any SpendLedger
    /// What this program's own files say; the ledger may go by others, see ``open()``.
    package let own: BudgetSet
    /// Who brings them.
    package let broughtBy: String
    private let prices: PriceBook
    let waiting = WaitingLine()
    let news = LedgerNews()
    private let failure = LedgerFailure()
    private let released = Counted()
    /// Brings ``own`` to the ledger.
    let firstUse = FirstUse()
    /// How often alerts were claimed.
    let claims = Counted()

    /// Makes a governor.
    ///
    /// - Parameters:
    ///   - ledger: What is spent and held.
    ///   - prices: What models cost.
    ///   - budgets: In the order in which refusals name them. A call that none of them covers is refused. They are brought
    ///     to the ledger before the first hold, and at the latest then; see ``open()``.
    ///   - broughtBy: Who brings them: user, machine and file.
    package init(ledger: any SpendLedger, prices: PriceBook, budgets: [Budget], broughtBy: String = "a program") {
        self.ledger = ledger
        self.prices = prices
        own = BudgetSet(budgets)
        self.broughtBy = broughtBy
    }

    /// Holds what a call may cost in every budget that covers it, or in none.
    ///
    /// Where the whole call does not fit, a caller with patience waits as long as calls under way hold what it needs:
    /// first come, first served among those of this governor who wait for the same budget. Where waiting cannot help, or
    /// the patience has ended, it is granted as many output tokens as fit, down to ``PaidCall/outputTokensMin``, or
    /// refused. A refusal names, in the order of ``init(ledger:prices:budgets:)``, the first budget that would lack room
    /// even without the calls under way, or else the first that lacks room with them.
    ///
    /// - Parameters:
    ///   - call: What is paid for.
    ///   - patience: How long the caller can still wait; asked again while it does.
    /// - Returns: A hold, the stored settlement, `inFlight`, or a refusal. A cancelled task that waits is refused.
    /// - Throws: ``GovernorError/notGoverned(_:)``, ``GovernorError/boundBreached(_:)``, ``GovernorError/unbounded`` or
    ///   ``GovernorError/ledgerUnavailable(reason:)``. Nothing is held then, and the call must not be made.
    package func reserve(
        _ call: PaidCall, patience: @Sendable () -> Duration = { .zero }
    ) async throws(GovernorError) -> Admission {
        // Here for every ledger, so that all refuse the same.
        guard [call.id.questionID, call.tenant ?? ""].allSatisfy({ $0.isEmpty || StorableName.isOne($0) }) else {
            throw .unstorable
        }
        let waits = patience() > .zero
        let seen = SeenMoment()
        let admission = try await attempt(call, waits: waits, respectsLines: waits, seen)
        guard case .refused(let shortage) = admission, shortage.isMerelyHeld, waits
        else { return finish(admission, call, at: seen.moment) }
        return finish(
            try await wait(for: call, refused: admission, at: shortage.counter.line.name, patience, seen), call,
            at: seen.moment)
    }

    /// Waits in line until the call is admitted, waiting can no longer help, or the patience ends.
    private func wait(
        for call: PaidCall, refused: LedgerAdmission, at name: BudgetLine.Name, _ patience: @Sendable () -> Duration,
        _ seen: SeenMoment
    ) async throws(GovernorError) -> LedgerAdmission {
        var refused = refused
        var place = waiting.join(name)
        defer { waiting.leave(place) }
        while !Task.isCancelled {
            // Looked at after joining, so that nothing that comes free in between is missed.
            let isHead = waiting.isHead(place)
            let patienceLeft = patience()
            let isLast = patienceLeft <= .zero
            if isHead || isLast {
                let admission: LedgerAdmission
                do throws(GovernorError) {
                    admission = try await attempt(call, waits: !isLast, respectsLines: false, seen)
                } catch {
                    // A ledger may stop waiting with its caller.
                    if case .ledgerUnavailable = error, Task.isCancelled { break }
                    throw error
                }
                guard case .refused(let shortage) = admission, shortage.isMerelyHeld, !isLast
                else { return admission }
                refused = admission
                if shortage.counter.line.name != place.name {
                    waiting.leave(place)
                    place = waiting.join(shortage.counter.line.name)
                    continue
                }
            }
            await place.wait(atMost: min(patienceLeft, isHead ? Self.lookInterval : Self.patienceInterval))
        }
        // Nothing is held for a caller that has gone.
        return refused
    }

    // A call that `respectsLines` stands behind those who wait. The head of one line does not stand behind another as
    // well: two such heads could send each other back for ever.
    private func attempt(
        _ call: PaidCall, waits: Bool, respectsLines: Bool, _ seen: SeenMoment
    ) async throws(GovernorError) -> LedgerAdmission {
        do throws(GovernorError) {
            try await firstUse { () async throws(GovernorError) in try await open() }
            let admission = try await ledger.reserve(call) { [self] moment throws(GovernorError) in
                seen.moment = moment
                return try terms(of: call, at: moment, waits: waits, respectsLines: respectsLines)
            }
            failure.last = nil
            return admission
        } catch {
            // Who waits no longer has learnt nothing of the ledger.
            if case .ledgerUnavailable = error, !Task.isCancelled { failure.last = error }
            throw error
        }
    }

    /// Why the ledger held nothing when it was last asked to; nil where it did, or nobody has asked.
    ///
    /// A ledger that can be read may still take no holds, such as one whose role lacks a privilege.
    package var ledgerFailure: GovernorError? { failure.last }

    private func finish(_ admission: LedgerAdmission, _ call: PaidCall, at moment: LedgerMoment?) -> Admission {
        switch admission {
        case .held(let holdID, let terms, let bound, let outputTokensMax):
            return .held(
                Reservation(
                    holdID: holdID, call: call, outputTokensMax: outputTokensMax, bound: bound, price: terms.price,
                    end: ReservationEnd(holdID: holdID, ledger: ledger)))
        case .settled(let settlement): return .settled(settlement)
        case .inFlight: return .inFlight
        case .refused(let shortage):
            var refusal = BudgetRefusal(shortage) { budget(of: $0, at: moment) }
            if let note = moment?.clockNote { refusal.explanation += "; " + note }
            return .refused(refusal)
        }
    }

    /// Charges what a call cost in truth, at the price of its reservation, and stores its response.
    ///
    /// A usage that cannot be true (see ``TokenLimits``), or that nobody counted, is doubt: the bound is charged. One that
    /// cannot be true is journaled as no tokens.
    ///
    /// - Parameters:
    ///   - reservation: The hold.
    ///   - usage: The tokens that were paid for.
    ///   - countedBy: Where the count came from.
    ///   - requestID: The service's own name for the call, by which its logs are compared with the journal.
    ///   - response: The body of the answer.
    ///   - patience: How long the caller can still wait for a ledger that is away; asked again while it does.
    /// - Returns: What was charged, also where it is more than was held; that model is refused from then on.
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``, or ``GovernorError/unknownHold`` where somebody else
    ///   ended the hold. The reservation is gone all the same; its bound stays charged.
    package func settle(
        _ reservation: consuming Reservation, usage: TokenUsage, countedBy: UsageSource = .body,
        requestID: String? = nil, response: Data, patience: @Sendable () -> Duration = { .zero }
    ) async throws(GovernorError) -> Settlement {
        let call = reservation.grantedCall
        let limits = TokenLimits(of: call, at: reservation.price, answerBytes: response.count)
        let counted = limits.admit(usage) ? reservation.price.cost(of: usage) : nil
        let cost = countedBy == .bound ? nil : counted
        let settlement = Settlement(
            cost: cost ?? reservation.bound, model: reservation.call.model,
            // What is no count must not be added to others.
            usage: counted == nil ? TokenUsage(inputTokens: 0, outputTokens: 0) : usage,
            countedBy: cost == nil ? .bound : countedBy, requestID: requestID, response: response)
        let holdID = reservation.holdID
        try await insist(patience) { () async throws(GovernorError) in
            try await ledger.settle(holdID, of: call, settlement: settlement)
        }
        ended(reservation)
        return settlement
    }

    /// Ends a reservation whose call may have been made: its bound is charged.
    ///
    /// - Throws: As ``settle(_:usage:countedBy:requestID:response:)``.
    package func chargeInFull(
        _ reservation: consuming Reservation, patience: @Sendable () -> Duration = { .zero }
    ) async throws(GovernorError) {
        let (holdID, call) = (reservation.holdID, reservation.call.id)
        try await insist(patience) { () async throws(GovernorError) in
            try await ledger.chargeInFull(holdID, of: call)
        }
        ended(reservation)
    }

    /// Ends a reservation whose call was surely never made: nothing is charged.
    ///
    /// - Throws: As ``settle(_:usage:countedBy:requestID:response:)``.
    package func release(
        _ reservation: consuming Reservation, patience: @Sendable () -> Duration = { .zero }
    ) async throws(GovernorError) {
        let (holdID, call) = (reservation.holdID, reservation.call.id)
        try await insist(patience) { () async throws(GovernorError) in try await ledger.release(holdID, of: call) }
        released.add()
        ended(reservation)
    }

    /// Writes a hold's end, again and again where the ledger is away for now: what the call cost is in hand, and a hold
    /// without an end is charged in full.
    ///
    /// Not only until the hold's lease would have ended: as long as the ledger is away nobody else can charge it, and an end
    /// that comes after such a charge corrects it. Until the caller's patience has ended. Cancellation does not end it.
    private func insist(
        _ patience: @Sendable () -> Duration, _ write: () async throws(GovernorError) -> Void
    ) async throws(GovernorError) {
        let end = ProcessClock.now + Self.insistence
        var pause = Self.insistencePauseMin
        var isDoubted = false
        while true {
            do throws(GovernorError) {
                return try await write()
            } catch {
                // An end that was not heard of was written all the same.
                if error == .unknownHold, isDoubted { return }
                guard case .ledgerUnavailable = error, .now + pause < end, patience() > pause else { throw error }
                isDoubted = true
                // A task of its own, since this one may be cancelled; awaited here. No event tells that a ledger is back.
                await Task { [pause] in try? await Task.sleep(for: pause) }.value
                pause = min(pause * 2, Self.insistencePauseMax)
            }
        }
    }

    /// How many reservations this governor has released unused.
    package var reservationsReleased: Int { released.count }

    private func ended(_ reservation: consuming Reservation) {
        reservation.end.written()
        waiting.wakeHeads()
        news.tell()
    }

    /// What a call may cost at a moment, and the budgets that must have room for it.
    private func terms(
        of call: PaidCall, at moment: LedgerMoment, waits: Bool, respectsLines: Bool
    ) throws(GovernorError) -> HoldTerms {
        // Brought before: they are missing where the ledger was put back to an older state beneath this program.
        guard let limits = moment.limits else {
            throw .ledgerUnavailable(reason: "it has no limits any more; start this program again to bring them")
        }
        let lines = limits.set.budgets.filter { $0.covers(call) }.flatMap { $0.lines(for: call.tenant, at: moment) }
        // Money that no limit covers is not spent.
        guard let price = prices.price(of: call.model, at: moment.instant), !lines.isEmpty else {
            throw .notGoverned(call.model)
        }
        return try HoldTerms(
            call: call, price: price, lines: lines, waits: waits,
            contested: respectsLines ? waiting.contested(among: lines.lazy.map(\.name)) : nil)
    }

    func budget(of name: BudgetLine.Name, at moment: LedgerMoment?) -> Budget? {
        budgets(at: moment).first { $0.name == name.budget }
    }

    /// The budgets in force; this program's own where nobody has brought any yet.
    package func budgets(at moment: LedgerMoment?) -> [Budget] { (moment?.limits?.set ?? own).budgets }
}

/// The ledger's moment at which a call was decided on last.
private final class SeenMoment: Sendable {
    private let seen = Mutex<LedgerMoment?>(nil)

    var moment: LedgerMoment? {
        get { seen.withLock { $0 } }
        set { seen.withLock { $0 = newValue } }
    }
}

/// A number that only grows.
final class Counted: Sendable {
    private let value = Atomic(0)

    var count: Int { value.load(ordering: .relaxed) }

    func add() { value.add(1, ordering: .relaxed) }
}
