import FoundationEssentials
import FunctionKit
package import Spending
import Testing

/// Everything that each ledger must do, so that a ledger's own test is one line.
///
/// Each rule gets a new ledger and a clock of its own.
package struct SpendLedgerCompatTest: Sendable {
    /// Makes another owner on one and the same ledger at each call, as another process would be.
    package typealias Owners = @Sendable () async throws -> any SpendLedger

    private let make: @Sendable (ManualClock) async throws -> Owners

    /// Makes a suite.
    ///
    /// - Parameter make: Makes an empty ledger on a clock. Where it has leases, they are 60 seconds long.
    package init(make: @escaping @Sendable (ManualClock) async throws -> Owners) { self.make = make }

    /// Checks every rule.
    package func run() async throws {
        try await checkHoldAndSettle()
        try await checkRefusal()
        try await checkSettledOnce()
        try await checkInFlight()
        try await checkDoubt()
        try await checkCharges()
        try await checkOrphansInDoubt()
        try await checkCorrectedOrphans()
        try await checkChargesInARow()
        try await checkDropped()
        try await checkReadingWritesNothing()
        try await checkLeases()
        try await checkLateEnds()
        try await checkTwoAttempts()
        try await checkBreach()
        try await checkCapIgnored()
        try await checkImpossibleUsage()
        try await checkUnknownHold()
        try await checkForeignEnds()
        try await checkSeveralBudgets()
        try await checkTenantShare()
        try await checkTurn()
        try await checkRoom()
        try await checkClockBack()
        try await checkClockForward()
        try await checkChangedRule()
        try await checkNotGoverned()
        try await checkPriceChange()
        try await checkFewerTokens()
        try await checkWaiting()
        try await checkPatienceEnds()
        try await checkWaitingInVain()
        try await checkNobodyOvertakes()
        try await checkWaitingCrowd()
        try await checkRaise()
        try await checkLoweredAndCancelled()
        try await checkOpening()
        try await checkLimitsBrought()
        try await checkLimitsStale()
        try await checkLimitsApplied()
        try await checkLimitsOfEarlierPeriods()
        try await checkTwoFiles()
        try await checkClockAccepted()
        try await checkClockAcceptedAcrossOwners()
        try await checkClockNotAhead()
        try await checkBreachAccepted()
        try await checkAlerts()
        try await checkAlertsOfChangedLimits()
        try await checkAlertsOfOldPeriods()
        try await checkAlertsAfterLongRest()
        try await checkAlertsUnderLongRaise()
        try await checkForgetting()
        try await checkForgettingBeforeLateAnswer()
        try await checkJournal()
        try await checkSameCall()
        try await checkManyAtOnce()
    }

    /// Checks random schedules, with the seeds `0..<count`.
    package func runSchedules(_ count: Int) async throws {
        for seed in 0..<count {
            let clock = ManualClock()
            var schedule = try await RandomSchedule(seed: UInt64(seed), clock: clock, owners: make(clock))
            try await schedule.run()
        }
    }

    /// A new ledger, and the governor of its first owner.
    func bench(
        _ start: String = "2026-11-23T10:00:00Z", budgets: [Budget] = [SpendFixture.budget()]
    ) async throws -> Bench {
        let clock = ManualClock(start)
        let owners = try await make(clock)
        let ledger = try await owners()
        return Bench(
            clock: clock, owners: owners, ledger: ledger,
            governor: SpendFixture.governor(ledger, budgets: budgets))
    }
}

/// What a rule is checked on.
struct Bench {
    let clock: ManualClock
    let owners: SpendLedgerCompatTest.Owners
    let ledger: any SpendLedger
    let governor: CostGovernor

    func another(budgets: [Budget] = [SpendFixture.budget()]) async throws -> CostGovernor {
        SpendFixture.governor(try await owners(), budgets: budgets)
    }
}
