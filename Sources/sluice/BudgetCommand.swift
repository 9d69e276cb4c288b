import ArgumentParser
import Emulator

/// `sluice budget`: what is spent, and whether the books are right.
struct BudgetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "budget",
        abstract: "Shows what is spent, raises limits and checks the ledger.",
        discussion: """
            EXAMPLES
              sluice budget status
              sluice budget status --format json | jq '.budgets[0].remaining_usd'
              sluice budget raise daily --to 2 --until 2026-11-24T18:00:00+05:30 \
                --reason "a fair in town"
              sluice budget verify
              sluice budget reconcile invocation-log.jsonl
              sluice budget race --processes 4
            """,
        subcommands: [
            Status.self, Raise.self, Verify.self, Reconcile.self, RaceCommand.self, RaceCommand.RaceProcess.self,
        ])

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

    /// `sluice budget raise`.
    struct Raise: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
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

        @OptionGroup var ledger: LedgerArguments

        func run() async throws {
            let report: BudgetReport
            do {
                report = try await LedgerAccess.raise(
                    RequestedRaise(budget: name, limit: to, until: until, reason: reason),
                    dataFolder: ledger.data, budgetsFolder: ledger.budgetsFolder())
            } catch let problem as RaiseProblem {
                throw CommandFailure.wrongArguments(problem.description)
            }
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

    /// `sluice budget reconcile`.
    struct Reconcile: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Compares the journal with Bedrock's log of model invocations; ends with 1 where they differ.",
            discussion: """
                Takes JSON Lines as Bedrock writes them to S3 (unpacked with gunzip), a JSON
                array, or what `aws logs filter-log-events` prints. Bodies are not read.
                """)

        @Argument(help: ArgumentHelp("Log files of one region; - is standard input.", valueName: "file"))
        var files: [String]

        @OptionGroup var ledger: LedgerArguments

        func run() async throws {
            let report = try await LedgerAccess.reconcile(
                logFiles: files, dataFolder: ledger.data, budgetsFolder: ledger.budgetsFolder())
            switch ledger.format {
            case .text: CommandOutput.data(report.text)
            case .json: CommandOutput.data(try report.stableJSON())
            }
            guard report.agrees else {
                throw CommandFailure.failed("the journal and the log differ")
            }
        }
    }
}
