import ArgumentParser
import BudgetReport
import Operations

/// `sluice budget status`.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Shows each budget: what is spent, held and left, when it turns, and when it will be reached.",
        discussion: """
            Today's rate is what was spent since midnight, or since the period began
            where that is later. Ends with 3 where a budget has spent the percentage of
            --fail-at, after everything is written.
            """)

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("End with 3 where a budget has spent so much of its limit, 1 to 100.", valueName: "percent"))
    var failAt: Int?

    @OptionGroup var format: FormatArguments
    @OptionGroup var zone: ZoneArguments
    @OptionGroup var ledger: LedgerArguments

    func run() async throws {
        if let failAt, !(1...100).contains(failAt) {
            throw CommandFailure.wrongArguments("--fail-at takes a whole percentage from 1 to 100, such as 80")
        }
        let asked = try zone.zone()
        let report = try await ledger.withLedger { ledger in
            let view = try await ledger.view()
            return try await StatusReport(
                view, timeZone: asked,
                questions: ledger.questionsWithoutRoom(since: StatusReport.start(of: view)))
        }
        try format.write(report.document)
        if let failAt, report.hasReached(failAt) {
            throw CommandFailure.refused("a budget has spent \(failAt) % of its limit or more")
        }
    }
}
