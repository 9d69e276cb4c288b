import Foundation
import Spending
import Testing

@testable import BudgetReport

@Suite("The span of a report")
struct ReportSpanTests {
    private let berlin = TimeZone(identifier: "Europe/Berlin") ?? .gmt
    private let now = instant("2026-11-26T08:50:30Z") ?? .distantPast

    @Test(
        "takes days and instants by the zone's clock, also where that turns",
        arguments: [
            ("2026-11-01", "2026-10-31T23:00:00Z"), ("2026-10-25", "2026-10-24T22:00:00Z"),
            // The reading comes twice: the first.
            ("2026-10-25T02:30", "2026-10-25T00:30:00Z"), ("2026-10-25T03:00", "2026-10-25T02:00:00Z"),
            ("2026-03-29T01:45", "2026-03-29T00:45:00Z"),
            // The clock jumps over it.
            ("2026-03-29T02:30", "2026-03-29T01:30:00Z"), ("2026-03-29T03:00", "2026-03-29T01:00:00Z"),
            ("2026-07-01T10:15:00+05:30", "2026-07-01T04:45:00Z"),
        ])
    func since(text: String, expected: String) throws {
        let span = try ReportSpan(since: text, until: nil, timeZone: berlin, now: now, daysBack: 1)
        #expect(span.range.lowerBound == instant(expected))
    }

    @Test("counts the last day whole, and goes to the end of the present quarter of an hour without one")
    func until() throws {
        let day = try ReportSpan(since: nil, until: "2026-10-25", timeZone: berlin, now: now, daysBack: 1)
        #expect(day.range.upperBound == instant("2026-10-25T23:00:00Z"))
        let open = try ReportSpan(since: nil, until: nil, timeZone: berlin, now: now, daysBack: 30)
        #expect(open.range.upperBound == instant("2026-11-26T09:00:00Z"))
        #expect(open.range.lowerBound == instant("2026-10-26T23:00:00Z"))
    }

    @Test("refuses abbreviations, which mean several zones", arguments: ["IST", "EST", "GMT+5", ""])
    func abbreviations(name: String) {
        #expect(throws: ReportProblem.self) { try ReportSpan.timeZone(name) }
    }
}
