package import Documents
package import Spending

/// Everything that an owner looks at, on one page: budgets, the days, the month, what functions and models cost, and a
/// report's own table.
package enum OwnerPage {
    /// Puts the parts together.
    ///
    /// - Parameters:
    ///   - view: The ledger.
    ///   - report: The report that the page is about.
    /// - Returns: The sections.
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``.
    package static func sections(
        _ view: LedgerView, about report: SpendReport
    ) async throws(GovernorError) -> [Section] {
        let status = try await StatusReport(view, timeZone: report.span.timeZone).document.sections
        var sections = status.prefix(1).map { Section(title: "Budgets", $0.blocks) }
        var charts: [ReportGrouping: Chart] = [:]
        for grouping in [ReportGrouping.day, .function, .model] {
            charts[grouping] = try await SpendReport(view, by: grouping, span: report.span).chart
        }
        charts[report.grouping] = report.chart
        if let days = charts.removeValue(forKey: .day) { sections.append(Section([.chart(days)])) }
        let forecast = try await ForecastReport(view, timeZone: report.span.timeZone)
        if let month = forecast.monthSection {
            sections.append(
                Section(month.blocks + [.explanation(title: "How this is forecast", ForecastReport.method)]))
        }
        for grouping in ReportGrouping.allCases {
            guard let chart = charts[grouping] else { continue }
            sections.append(Section(isCompact: [.function, .model].contains(grouping), [.chart(chart)]))
        }
        sections.append(Section(title: "By \(report.grouping.rawValue)", report.tables))
        return sections + status.dropFirst()
    }
}
