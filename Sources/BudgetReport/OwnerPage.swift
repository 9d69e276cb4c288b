package import Spending

/// What follows a report on one page: where the budgets stand, how the month goes on, and what functions and models cost.
package enum OwnerPage {
    /// Puts the parts together.
    ///
    /// - Parameters:
    ///   - view: The ledger.
    ///   - span: The report's own.
    ///   - grouping: The report's own, which is not shown twice.
    /// - Returns: The sections.
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``.
    package static func sections(
        _ view: LedgerView, span: ReportSpan, beside grouping: ReportGrouping
    ) async throws(GovernorError) -> [Section] {
        var sections: [Section] = []
        for other in [ReportGrouping.day, .function, .model] where other != grouping {
            let report = try await SpendReport(view, by: other, span: span)
            if let chart = report.chart { sections.append(Section([.chart(chart)])) }
        }
        let forecast = try await ForecastReport(view, timeZone: span.timeZone)
        if let month = forecast.monthSection {
            sections.append(Section(month.blocks + [.note(ForecastReport.method)]))
        }
        var budgets = try await StatusReport(view, timeZone: span.timeZone).document.sections
        if !budgets.isEmpty { budgets[0].title = "Budgets" }
        return sections + budgets
    }
}
