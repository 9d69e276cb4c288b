import ArgumentParser
import BudgetReport
import Emulator

/// `sluice budget raise`.
struct RaiseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "raise",
        abstract: "Raises a limit until an instant; parked questions come back.",
        discussion: """
            The raise is written into the journal and is in force at once for every
            process on the ledger. A later raise of the same budget takes its place.
            """)

    @Argument(help: ArgumentHelp("The budget's name.", valueName: "name"))
    var name: String

    @Option(help: ArgumentHelp("The limit until then, in US dollars.", valueName: "usd"))
    var to: String

    @Option(help: ArgumentHelp("An instant such as 2026-11-24T18:00:00+05:30.", valueName: "time"))
    var until: String

    @Option(help: ArgumentHelp("Why, for those who read the journal.", valueName: "text"))
    var reason: String

    @OptionGroup var format: FormatArguments
    @OptionGroup var ledger: LedgerArguments

    func run() async throws {
        do {
            let requested = try RequestedRaise(budget: name, limit: to, until: until, reason: reason)
            let report = try await ledger.withLedger { ledger in
                try await ledger.raise(requested)
                return try await StatusReport(ledger.view())
            }
            try format.write(report.document)
        } catch let problem as RaiseProblem {
            throw CommandFailure.wrongArguments(problem.description)
        }
    }
}
