import ArgumentParser
import BudgetReport
import Operations

/// `sluice budget reconcile`.
struct ReconcileCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reconcile",
        abstract: "Compares the journal with Bedrock's log of model invocations; ends with 1 unless they agree.",
        discussion: """
            Takes JSON Lines as Bedrock writes them to S3 (unpacked with gunzip), a JSON
            array, or what `aws logs filter-log-events` prints, in UTF-8 or UTF-16. Bodies
            are not read. A log without a call of this ledger agrees with nothing: it ends
            with 1 as well.
            """)

    @Argument(help: ArgumentHelp("Log files of one region; - is standard input.", valueName: "file"))
    var files: [String]

    @OptionGroup var format: FormatArguments

    @Flag(help: "Leaves out calls of the account's other programs, which name no hold.")
    var ignoreUnknown = false

    @OptionGroup var ledger: LedgerArguments

    func run() async throws {
        let report = try await ledger.withLedger {
            try await $0.reconcile(logFiles: files, ignoresUnknown: ignoreUnknown)
        }
        try format.write(report.document)
        switch report.agrees {
        case true?: break
        case false?: throw CommandFailure.failed("the journal and the log differ")
        case nil:
            throw CommandFailure.failed("nothing was compared: the log has no call of this ledger's that has ended")
        }
    }
}
