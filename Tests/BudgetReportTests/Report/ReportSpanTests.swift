import CivilTime
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
            ("2026-07-01T10:15:00+05:30", "2026-07-01T04:45:00Z"), ("2026-07-01T10:15+05:30", "2026-07-01T04:45:00Z"),
            ("2026-07-01T10:15Z", "2026-07-01T10:15:00Z"),
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
        let ahead = try ReportSpan(since: nil, until: "2030-01-01", timeZone: berlin, now: now, daysBack: 30)
        #expect(ahead.range.lowerBound == open.range.lowerBound)
    }

    @Test(
        "says what is wrong in the words that were written",
        arguments: [
            ("2026-11-20", "2026-11-10", "--since 2026-11-20 is after --until 2026-11-10; turn them round"),
            (
                "2027-01-01", nil,
                "--since 2027-01-01 has not come yet: it is 2026-11-26 09:50:30 in Europe/Berlin; name an earlier time"
            ),
            (
                "2026-11-26 at 10", nil,
                "--since takes a day such as 2026-11-01 or an instant such as 2026-11-01T10:15, not `2026-11-26 at 10`"
            ),
        ] as [(String, String?, String)])
    func complaints(since: String, until: String?, complaint: String) {
        do throws(ReportProblem) {
            _ = try ReportSpan(since: since, until: until, timeZone: berlin, now: now, daysBack: 1)
            Issue.record("\(since) is no span")
        } catch {
            #expect(error.description == complaint)
        }
    }

    @Test("refuses abbreviations, which mean several zones", arguments: ["IST", "EST", "GMT+5", ""])
    func abbreviations(name: String) {
        #expect(throws: ReportProblem.self) { try ReportSpan.timeZone(name) }
    }
}
