import ArgumentParser
import BudgetReport
import Composition
import Operations

/// `sluice budget apply`.
struct ApplyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply",
        abstract: "Puts the limits of a file or folder in force, for every process on the ledger.",
        discussion: """
            The limits in force lie in the ledger. A file that it has never seen is applied
            by the first program that pays by it; one that was in force before is stale, and
            comes back by this command alone.

            EXAMPLES
              sluice budget apply budgets --reason "back to the limits of spring"
            """)

    @Argument(help: ArgumentHelp("A file of budgets, or a folder of such files.", valueName: "path"))
    var path: String

    @OptionGroup var reason: ReasonArguments
    @OptionGroup var format: FormatArguments
    @OptionGroup var ledger: LedgerArguments
    @OptionGroup var manifest: ManifestArguments

    func run() async throws {
        let asked = try manifest.configuredCalls()
        let report = try await ledger.withLedger(for: .making, limits: path) { ledger in
            let changes = try await ledger.apply(reason: reason.reason, asked: asked)
            CommandOutput.message(
                changes.isEmpty
                    ? "sluice: these limits are in force already"
                    : "sluice: \(changes.joined(separator: "; "))")
            return try await StatusReport(ledger.view())
        }
        try format.write(report.document)
    }
}
