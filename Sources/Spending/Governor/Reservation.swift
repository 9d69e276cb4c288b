import Synchronization

/// The right to make one paid call: the most that it can cost is held in every budget that covers it.
///
/// Only ``CostGovernor`` makes one, and a model client asks for one to send anything, so that no code can pay unheld by
/// mistake. It is noncopyable: it ends in exactly one ``CostGovernor/settle(_:usage:countedBy:requestID:response:)``,
/// ``CostGovernor/chargeInFull(_:)`` or ``CostGovernor/release(_:)``. One that is dropped, or whose end could not be
/// written, is charged in full: doubt is never free money.
package struct Reservation: ~Copyable, Sendable {
    /// Names the hold in the ledger.
    package let holdID: HoldID
    /// What is paid for, as it was asked.
    package let call: PaidCall
    /// The most tokens that the model may write: the call's own, or fewer where the budget had no room for more.
    package let outputTokensMax: Int
    /// What is held, in every budget that covers the call.
    package let bound: Money
    /// The price that was in force when it was made.
    let price: Price
    /// Tells the ledger where the reservation is dropped.
    let end: ReservationEnd

    /// Internal to this module on purpose: a reservation that no ledger backs must not be possible.
    init(
        holdID: HoldID, call: PaidCall, outputTokensMax: Int, bound: Money, price: Price, end: ReservationEnd
    ) {
        self.holdID = holdID
        self.call = call
        self.outputTokensMax = outputTokensMax
        self.bound = bound
        self.price = price
        self.end = end
    }
}

/// Lives as long as its reservation, and reports one that goes without an end.
final class ReservationEnd: Sendable {
    private let holdID: HoldID
    private let ledger: any SpendLedger
    private let isWritten = Atomic(false)

    init(holdID: HoldID, ledger: any SpendLedger) {
        self.holdID = holdID
        self.ledger = ledger
    }

    /// The ledger has the end in writing.
    func written() { isWritten.store(true, ordering: .releasing) }

    deinit {
        if !isWritten.load(ordering: .acquiring) { ledger.abandon(holdID) }
    }
}
