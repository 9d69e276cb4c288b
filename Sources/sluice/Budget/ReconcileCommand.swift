import ArgumentParser
import BudgetReport
import Emulator

/// `sluice budget reconcile`.
struct ReconcileCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reconcile",
        abstract: "Compares the journal with Bedrock's log of model invocations; ends with 1 where they differ.",
        discussion: """
            Takes JSON Lines as Bedrock writes them to S3 (unpacked with gunzip), a JSON
            array, or what `aws logs filter-log-events` prints. Bodies are not read.
            """)

    @Argument(help: ArgumentHelp("Log files of one region; - is standard input.", valueName: "file"))
    var files: [String]

    @Option(help: ArgumentHelp("table or json.", valueName: "format"))
    var format = TallyFormat.table

    @OptionGroup var ledger: LedgerArguments

    func run() async throws {
        let report = try await ledger.withLedger { try await $0.reconcile(logFiles: files) }
        switch format {
        case .table: CommandOutput.data(report.text)
        case .json: CommandOutput.data(try report.stableJSON())
        }
        guard report.agrees else { throw CommandFailure.failed("the journal and the log differ") }
    }
}
