import ArgumentParser
import BudgetReport
import Documents
import Foundation
import Operations
import Spending

/// `sluice budget report`.
struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Shows what was spent, by time, function, model, tenant or question.",
        discussion: """
            A call counts where it was reserved, as in the budgets themselves. A question
            counts where its first answer was paid for. With --format html the page also
            shows days, functions, models, the month's curve and the budgets.

            EXAMPLES
              sluice budget report --by week
              sluice budget report --by question --top 10 --since 2026-11-01
              sluice budget report --by model --since 2026-11-01 --until 2026-11-15
              sluice budget report --by day --format csv > days.csv
              sluice budget report --by day --format html > spending.html
            """)

    @Option(help: ArgumentHelp("hour, day, week, month, function, model, tenant or question.", valueName: "what"))
    var by = "day"

    @Option(
        help: ArgumentHelp(
            "A day such as 2026-11-01, or an instant such as 2026-11-01T10:15. (default: 30 days back; hours: 1, weeks: 84, months: 365)",
            valueName: "time"))
    var since: String?

    @Option(help: ArgumentHelp("Likewise; a day counts whole. (default: now)", valueName: "time"))
    var until: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "How many of the dearest are shown; the others are summed up. (default: all; questions: 20)",
            valueName: "count"))
    var top: Int?

    @OptionGroup var format: FormatArguments
    @OptionGroup var zone: ZoneArguments
    @OptionGroup var ledger: LedgerArguments

    func run() async throws {
        if let top, top < 1 { throw CommandFailure.wrongArguments("--top takes a whole number from 1 up, such as 10") }
        let asked = try zone.zone()
        let grouping = try CommandFailure.reading { () throws(ReportProblem) in
            try ReportSpan.check(since: since, until: until)
            return try ReportGrouping(word: by)
        }
        let document = try await ledger.withLedger { ledger in
            let view = try await ledger.view()
            let span = try ReportSpan(
                since: since, until: until, timeZone: asked ?? view.timeZone, now: view.now,
                daysBack: grouping.daysBack)
            let isPage = format.format == .html
            let report = try await SpendReport(
                view, by: grouping, span: span, top: top, degraded: ledger.degradedAnswers(in: span.range),
                isDrawn: isPage)
            return report.document(isPage ? try await OwnerPage.sections(view, about: report) : nil)
        }
        try format.write(document)
    }
}
