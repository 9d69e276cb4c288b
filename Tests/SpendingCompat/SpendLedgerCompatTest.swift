import FoundationEssentials
import FunctionKit
package import Spending
package import TestSupport

/// Everything that each ledger must do, as arguments of a ledger's own test.
///
/// Each rule gets a new ledger and a clock of its own.
package struct SpendLedgerCompatTest: Sendable {
    /// One rule: an argument of an implementation's own test.
    package typealias Rule = ConformanceRule<Self>

    /// Every rule.
    package static let rules: [Rule] = holds + doubts + budgets + waiting + limits + decisions

    /// Makes another owner on one and the same ledger at each call, as another process would be.
    package typealias Owners = @Sendable () async throws -> any SpendLedger

    private let make: @Sendable (ManualClock) async throws -> Owners

    /// Makes a suite.
    ///
    /// - Parameter make: Makes an empty ledger on a clock. Where it has leases, they are 60 seconds long.
    package init(make: @escaping @Sendable (ManualClock) async throws -> Owners) { self.make = make }

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
