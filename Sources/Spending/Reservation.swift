/// The right to make one paid call: the most that it can cost is held in every budget that covers it.
///
/// Only ``CostGovernor`` makes one, and a model client asks for one to send anything, so that no code can pay unheld by
/// mistake. It is noncopyable: it ends in exactly one ``CostGovernor/settle(_:usage:response:)`` or
/// ``CostGovernor/release(_:)``. One that is dropped is charged in full once its lease ends: doubt is never free money.
package struct Reservation: ~Copyable, Sendable {
    /// Names the hold in the ledger.
    package let holdID: String
    /// What is paid for.
    package let call: PaidCall
    /// What is held, in every budget that covers the call.
    package let bound: Money

    /// Internal to this module on purpose: a reservation that no ledger backs must not be possible.
    init(holdID: String, call: PaidCall, bound: Money) {
        self.holdID = holdID
        self.call = call
        self.bound = bound
    }
}
