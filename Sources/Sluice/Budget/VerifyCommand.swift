import ArgumentParser
import BudgetReport
import Operations
import Spending

/// `sluice budget verify`.
struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Rebuilds every counter from the journal and compares; ends with 1 where they disagree.")

    @OptionGroup var format: FormatArguments
    @OptionGroup var ledger: LedgerArguments

    func run() async throws {
        let report = try await ledger.withLedger { VerificationReport(try await $0.governor.verify()) }
        try format.write(report.document)
        guard report.isSound else {
            throw CommandFailure.failed(
                "the ledger is not sound; spend nothing until it is known why, or put a whole copy of it back")
        }
    }
}
