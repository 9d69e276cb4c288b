import ArgumentParser
import BudgetReport
import Composition
import FoundationEssentials
import Operations

/// `sluice budget clock`: the ledger's clock.
struct ClockCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clock",
        abstract: "Sets the ledger's clock right after it was ahead.",
        discussion: """
            The ledger's time never goes back: where a clock was once ahead, no period turns
            until the true time has come there. `sluice budget status` says so.

            EXAMPLES
              sluice budget clock accept --reason "the virtual machine woke up in 2027"
            """,
        subcommands: [Accept.self])

    /// `sluice budget clock accept`.
    struct Accept: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Goes on from this machine's time, or the database's.",
            discussion: """
                Check that clock first. What was spent and held in a period stays counted in it,
                so that none gets a second limit.
                """)

        @OptionGroup var reason: ReasonArguments
        @OptionGroup var format: FormatArguments
        @OptionGroup var ledger: LedgerArguments

        func run() async throws {
            let report = try await ledger.withLedger(for: .changing, usesBudgets: false) { ledger in
                let (left, now) = try await ledger.acceptClock(reason: reason.reason)
                CommandOutput.message(
                    "sluice: the ledger leaves \(left.formatted(.iso8601)) and goes on at \(now.formatted(.iso8601))")
                return try await StatusReport(ledger.view())
            }
            try format.write(report.document)
        }
    }
}
