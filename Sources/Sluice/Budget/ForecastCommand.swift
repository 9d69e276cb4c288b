import ArgumentParser
import BudgetReport
import Operations

/// `sluice budget forecast`.
struct ForecastCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forecast",
        abstract: "Shows how each budget's period and the month will end, from the pace so far, with its range.",
        discussion: ForecastReport.method)

    @OptionGroup var format: FormatArguments
    @OptionGroup var zone: ZoneArguments
    @OptionGroup var ledger: LedgerArguments

    func run() async throws {
        let asked = try zone.zone()
        let report = try await ledger.withLedger { ledger in
            try await ForecastReport(ledger.view(), timeZone: asked)
        }
        try format.write(report.document)
    }
}
