package import FoundationEssentials
package import FunctionKit
import Synchronization

/// Stands before every call that costs money: no call can pass a limit, and none is paid twice.
///
/// Before a call, ``reserve(_:)`` holds the most that it can cost in every budget that covers it; afterwards the
/// reservation ends in exactly one of ``settle(_:usage:response:)``, ``chargeInFull(_:)`` and ``release(_:)``.
/// Cancellation interrupts none of them.
package struct CostGovernor: Sendable {
    private let ledger: any SpendLedger
    private let prices: PriceBook
    private let budgets: [Budget]
    private let refusals = Refusals()

    /// Makes a governor.
    ///
    /// - Parameters:
    ///   - ledger: What is spent and held.
    ///   - prices: What models cost.
    ///   - budgets: In the order in which refusals name them. A call that none of them covers is refused.
    package init(ledger: any SpendLedger, prices: PriceBook, budgets: [Budget]) {
        self.ledger = ledger
        self.prices = prices
        self.budgets = budgets
    }

    /// Holds the most that a call can cost in every budget that covers it, or in none.
    ///
    /// A refusal names the first budget, in the order of ``init(ledger:prices:budgets:)``, that has no room.
    ///
    /// - Throws: ``GovernorError/notGoverned(_:)``, ``GovernorError/boundBreached(_:)``, ``GovernorError/unbounded`` or
    ///   ``GovernorError/ledgerUnavailable(reason:)``. Nothing is held then, and the call must not be made.
    package func reserve(_ call: PaidCall) async throws(GovernorError) -> Admission {
        let admission = try await ledger.reserve(call) { [self] instant throws(GovernorError) in
            try terms(of: call, at: instant)
        }
        switch admission {
        case .held(let holdID, let terms):
            return .held(
                Reservation(
                    holdID: holdID, call: call, bound: terms.bound, price: terms.price,
                    end: ReservationEnd(holdID: holdID, ledger: ledger)))
        case .settled(let settlement): return .settled(settlement)
        case .inFlight: return .inFlight
        case .refused(let line, let bound):
            refusals.note(line, bound: bound)
            return .refused(
                BudgetRefusal(
                    budget: line.budget, policy: budgets.first { $0.name == line.budget }?.exhausted ?? .reject,
                    opensAt: line.period.end))
        }
    }

    /// Charges what a call cost in truth, at the price of its reservation, and stores its response.
    ///
    /// A usage that cannot be true (negative, or beyond what Int64 nano-dollars hold) is doubt: the bound is charged.
    ///
    /// - Returns: What was charged, also where it is more than was held; that model is refused from then on.
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``, or ``GovernorError/unknownHold`` where somebody else
    ///   ended the hold. The reservation is gone all the same; its bound stays charged.
    package func settle(
        _ reservation: consuming Reservation, usage: TokenUsage, response: Data
    ) async throws(GovernorError) -> Settlement {
        let settlement = Settlement(
            cost: reservation.price.cost(of: usage) ?? reservation.bound, usage: usage, response: response)
        try await ledger.settle(reservation.holdID, of: reservation.call, settlement: settlement)
        reservation.end.written()
        return settlement
    }

    /// Ends a reservation whose call may have been made: its bound is charged.
    ///
    /// - Throws: As ``settle(_:usage:response:)``.
    package func chargeInFull(_ reservation: consuming Reservation) async throws(GovernorError) {
        try await ledger.chargeInFull(reservation.holdID)
        reservation.end.written()
    }

    /// Ends a reservation whose call was surely never made: nothing is charged.
    ///
    /// - Throws: As ``settle(_:usage:response:)``.
    package func release(_ reservation: consuming Reservation) async throws(GovernorError) {
        try await ledger.release(reservation.holdID)
        reservation.end.written()
    }

    /// All budgets in their present periods, in the order of ``init(ledger:prices:budgets:)``.
    ///
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``.
    package func status() async throws(GovernorError) -> [BudgetStatus] {
        let counters = try await ledger.status { [budgets] instant in budgets.map { $0.line(at: instant) } }
        return zip(budgets, counters).map(BudgetStatus.init)
    }

    /// Rebuilds all counters from the journal and compares.
    ///
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``.
    package func verify() async throws(GovernorError) -> LedgerVerification {
        try await ledger.verify()
    }

    /// Whether messages that a budget refused can be taken back: its period turned, its limit was raised, or calls
    /// under way left something over.
    ///
    /// Where a call was refused in the present period, there is room once the smallest such call fits. A budget that
    /// is no longer known keeps nobody waiting.
    ///
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``.
    package func hasRoom(budget name: String) async throws(GovernorError) -> Bool {
        guard let budget = budgets.first(where: { $0.name == name }) else { return true }
        let counters = try await ledger.status { [budget.line(at: $0)] }
        return counters.allSatisfy { counter in
            counter.room > .zero && counter.room >= refusals.smallest(in: counter.line)
        }
    }

    private func terms(of call: PaidCall, at instant: Date) throws(GovernorError) -> HoldTerms {
        let lines = budgets.filter { $0.covers(call) }.map { $0.line(at: instant) }
        // Money that no limit covers is not spent.
        guard let price = prices.price(of: call.model, at: instant), !lines.isEmpty else {
            throw .notGoverned(call.model)
        }
        return HoldTerms(price: price, bound: try price.bound(of: call), lines: lines)
    }
}

extension Budget {
    fileprivate func line(at instant: Date) -> BudgetLine {
        BudgetLine(budget: name, period: period(containing: instant), limit: limit)
    }
}

/// The smallest call that each budget has refused in its present period.
private final class Refusals: Sendable {
    private let smallest = Mutex<[String: (periodStart: Date, bound: Money)]>([:])

    func note(_ line: BudgetLine, bound: Money) {
        smallest.withLock { smallest in
            if let known = smallest[line.budget], known.periodStart == line.period.start, known.bound <= bound {
                return
            }
            smallest[line.budget] = (line.period.start, bound)
        }
    }

    func smallest(in line: BudgetLine) -> Money {
        smallest.withLock { smallest in
            guard let known = smallest[line.budget], known.periodStart == line.period.start else { return .zero }
            return known.bound
        }
    }
}
