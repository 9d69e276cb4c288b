import ArgumentParser
import Emulator

/// `sluice budget`: what is spent, and whether the books are right.
struct BudgetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "budget",
        abstract: "Shows what is spent and checks the ledger.",
        discussion: """
            EXAMPLES
              sluice budget status
              sluice budget status --format json | jq '.budgets[0].remaining_usd'
              sluice budget verify
            """,
        subcommands: [Status.self, Verify.self])

    /// The options that name a ledger.
    struct LedgerArguments: ParsableArguments {
        @Option(help: ArgumentHelp("text or json.", valueName: "format"))
        var format = OutputFormat.text

        @Option(help: ArgumentHelp("Where the ledger lies.", valueName: "dir"))
        var data = ".sluice"

        @Option(help: ArgumentHelp("Budgets, with the price book in prices/. (default: budgets)", valueName: "dir"))
        var budgets: String?

        func budgetsFolder() throws -> String {
            try budgets ?? InstalledPath.find("budgets", option: "--budgets")
        }
    }

    /// `sluice budget status`.
    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows each budget: its limit, what is spent, held and left, and when it turns.")

        @OptionGroup var ledger: LedgerArguments

        func run() async throws {
            let report = try await LedgerAccess.status(
                dataFolder: ledger.data, budgetsFolder: ledger.budgetsFolder())
            switch ledger.format {
            case .text: CommandOutput.data(report.text)
            case .json: CommandOutput.data(try report.stableJSON())
            }
        }
    }

    /// `sluice budget verify`.
    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Rebuilds every counter from the journal and compares; ends with 1 where they disagree.")

        @OptionGroup var ledger: LedgerArguments

        func run() async throws {
            let report = try await LedgerAccess.verify(
                dataFolder: ledger.data, budgetsFolder: ledger.budgetsFolder())
            switch ledger.format {
            case .text: CommandOutput.data(report.text)
            case .json: CommandOutput.data(try report.stableJSON())
            }
            guard report.isSound else {
                throw CommandFailure.failed(
                    "the ledger's counters disagree with its journal; spend nothing until it is known why")
            }
        }
    }
}
