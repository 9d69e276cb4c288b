import CivilTime
import Documents
import Foundation
import GoldenFiles
import SQLite
import Spending
import SpendingCompat
import SpendingSQLite
import Testing

@testable import BudgetReport

@Suite("Reports on the golden ledger", .timeLimit(.minutes(1)))
struct GoldenReportTests {
    private func report(
        _ view: LedgerView, _ grouping: ReportGrouping, top: Int? = nil, since: String = "2026-09-01"
    ) async throws -> SpendReport {
        try await SpendReport(
            view, by: grouping, span: GoldenLedger.span(grouping, since: since), top: top,
            degraded: GoldenLedger.degraded)
    }

    @Test("say what the hand has worked out")
    func byHand() async throws {
        try await GoldenLedger.withView { view in
            for grouping in ReportGrouping.allCases {
                let total = try await report(view, grouping).total
                #expect(total.amounts.spent == Money("0.934935") && total.amounts.held == Money("0.0035"))
                #expect(total.amounts.calls == 12 && total.amounts.replays == 1 && total.degraded == 2)
                #expect(total.amounts.inputTokens == 357_530 && total.amounts.outputTokens == 70_855)
                #expect(total.amounts.questions == 10 && total.costAQuestion == Money("0.0934935"))
            }
            let months = try await report(view, .month).groups
            #expect(months.map(\.amounts.spent.description) == ["0.0119", "0.0095", "0.913535"])
            #expect(months.map(\.amounts.calls) == [3, 4, 5])
            let tenants = try await report(view, .tenant).groups
            #expect(tenants.map(\.key) == [.tenant("globex"), .tenant("acme"), .tenant(nil)])
            #expect(tenants.map(\.amounts.spent.description) == ["0.4664", "0.4564", "0.012135"])
            let models = try await report(view, .model).groups
            #expect(models.map(\.amounts.spent.description) == ["0.9349", "0.000035"])
            // An hour that comes twice is one, and so is a day of 25 hours, as the budgets have it.
            let hours = try await report(view, .hour, since: "2026-10-25")
            #expect(
                hours.groups.prefix(2).map { hours.label($0.key) } == ["2026-10-25T02:00", "2026-10-25T23:00"])
            #expect(hours.groups.prefix(2).map(\.amounts.spent.description) == ["0.0046", "0.0023"])
            let turn = try #require(
                try await report(view, .day).groups.first { $0.amounts.spent == Money("0.0069") }?.key)
            #expect(
                turn
                    == .period(
                        Period(
                            start: instant("2026-10-24T22:00:00Z") ?? .distantPast,
                            end: instant("2026-10-25T23:00:00Z") ?? .distantPast)))
        }
    }

    @Test("look ahead as the hand does")
    func ahead() async throws {
        try await GoldenLedger.withView { view in
            let month = try #require(try await ForecastReport(view).month.expectation)
            #expect(month.expected == Money("1.0633") && month.high == Money("1.5855"))
            // Less than what is spent is not to be expected.
            #expect(month.low == Money("0.913535"))
            let day = try #require(try await ForecastReport(view).budgets.first)
            #expect(day.slice == .hour && day.slices == 24 && day.period.end == instant("2026-11-26T23:00:00Z"))
        }
    }

    @Test("look the same from every ledger")
    func ledgers() async throws {
        func everything(_ view: LedgerView) async throws -> [String] {
            var texts = [
                try await StatusReport(view).document.rendered(as: .json),
                try await ForecastReport(view).document.rendered(as: .json),
            ]
            for grouping in ReportGrouping.allCases {
                texts.append(try await report(view, grouping).document().rendered(as: .json))
            }
            return texts.map { String(decoding: $0, as: UTF8.self) }
        }
        try await GoldenLedger.withView { memory in
            let expected = try await everything(memory)
            try await GoldenLedger.withView {
                try SQLiteLedger(store: .inMemory(schemas: [SQLiteLedger.schema]), now: $0.now)
            } _: { sqlite in
                let texts = try await everything(sqlite)
                #expect(texts == expected)
            }
        }
    }

    @Test("are written as they always were, in every format", arguments: DocumentFormat.allCases)
    func formats(format: DocumentFormat) async throws {
        try await GoldenLedger.withView { view in
            let days = try await report(view, .day)
            let page = format == .html ? try await OwnerPage.sections(view, about: days) : nil
            try GoldenFile.expect(days.document(page).rendered(as: format), equals: "report-by-day.\(format.rawValue)")
            try GoldenFile.expect(
                try await StatusReport(view).document.rendered(as: format), equals: "status.\(format.rawValue)")
            try GoldenFile.expect(
                try await ForecastReport(view).document.rendered(as: format), equals: "forecast.\(format.rawValue)")
        }
    }

    @Test("are written as they always were, by whatever calls have in common", arguments: ReportGrouping.allCases)
    func groupings(grouping: ReportGrouping) async throws {
        try await GoldenLedger.withView { view in
            let document = try await report(view, grouping, top: grouping == .question ? 3 : nil).document()
            try GoldenFile.expect(document.rendered(as: .table), equals: "report-by-\(grouping.rawValue).table")
        }
    }

    @Test("show a raise in the limit, orphans, breaches and a retired budget")
    func exceptions() async throws {
        try await GoldenLedger.withView { view in
            let limits = try await report(view, .day).limits
            // From Nov 5 08:00 to Nov 6 08:00, and so on two of the 78 days from Sep 10 to Nov 26, with a call or without.
            #expect(limits.values.filter { $0 == Money("2.00") }.count == 2)
            #expect(limits.values.filter { $0 == Money("0.50") }.count == 76)
            let status = try await StatusReport(view)
            #expect(status.retired.map(\.name) == ["pilot"])
            #expect(status.retired.first?.spent == Money("0.0119"))
            let exceptions = try await view.reader.exceptions(in: .distantPast ..< .distantFuture, atMost: 9)
            #expect(exceptions.map(\.kind) == [.breach, .orphan])
        }
    }
}
