import CivilTime
import Foundation
import Spending
import TestSupport
import Testing

@Suite("Periods")
struct PeriodTests {
    @Test(
        "turn at the zone's wall clock",
        arguments: [
            // India is 5:30 ahead.
            (.day, "Asia/Kolkata", "00:00", "2026-11-23T10:00:00Z", "2026-11-22T18:30:00Z", "2026-11-23T18:30:00Z"),
            (.day, "Asia/Kolkata", "00:00", "2026-11-23T18:29:59Z", "2026-11-22T18:30:00Z", "2026-11-23T18:30:00Z"),
            (.day, "Asia/Kolkata", "00:00", "2026-11-23T18:30:00Z", "2026-11-23T18:30:00Z", "2026-11-24T18:30:00Z"),
            (.day, "Asia/Kolkata", "06:00", "2026-11-23T00:29:59Z", "2026-11-22T00:30:00Z", "2026-11-23T00:30:00Z"),
            (.hour, "Asia/Kolkata", "00:00", "2026-11-23T10:00:00Z", "2026-11-23T09:30:00Z", "2026-11-23T10:30:00Z"),
            (.hour, "UTC", "05:15", "2026-11-23T10:10:00Z", "2026-11-23T09:15:00Z", "2026-11-23T10:15:00Z"),
            // 2026-11-23 is a Monday.
            (.week, "UTC", "00:00", "2026-11-23T00:00:00Z", "2026-11-23T00:00:00Z", "2026-11-30T00:00:00Z"),
            (.week, "UTC", "00:00", "2026-11-22T23:59:59Z", "2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z"),
            (.week, "UTC", "12:00", "2026-11-23T11:59:59Z", "2026-11-16T12:00:00Z", "2026-11-23T12:00:00Z"),
            (.month, "UTC", "00:00", "2028-02-29T12:00:00Z", "2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z"),
            (.month, "UTC", "00:00", "2026-12-31T23:59:59Z", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"),
            (.month, "UTC", "09:00", "2027-01-01T08:59:59Z", "2026-12-01T09:00:00Z", "2027-01-01T09:00:00Z"),
            // The day of the spring turn has 23 hours in New York, that of the autumn turn 25.
            (.day, "America/New_York", "00:00", "2026-03-08T12:00:00Z", "2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z"),
            (.day, "America/New_York", "00:00", "2026-11-01T12:00:00Z", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"),
            // 02:30 does not exist on that day: the first instant after the gap.
            (.day, "America/New_York", "02:30", "2026-03-08T07:00:00Z", "2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"),
            (.day, "America/New_York", "02:30", "2026-03-08T06:59:59Z", "2026-03-07T07:30:00Z", "2026-03-08T07:00:00Z"),
            // 01:30 comes twice on that day: the first, also seen from between the two.
            (.day, "America/New_York", "01:30", "2026-11-01T05:30:00Z", "2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"),
            (.day, "America/New_York", "01:30", "2026-11-01T06:10:00Z", "2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"),
            // Lord Howe Island turns by half an hour, at 02:00.
            (
                .day, "Australia/Lord_Howe", "02:00", "2026-10-04T00:00:00Z", "2026-10-03T15:30:00Z",
                "2026-10-04T15:00:00Z"
            ),
            // Samoa had no 30 December 2011.
            (.day, "Pacific/Apia", "00:00", "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z"),
            (.day, "Pacific/Apia", "00:00", "2011-12-30T09:59:59Z", "2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z"),
        ] as [(PeriodRule.Length, String, String, String, String, String)])
    func turns(
        _ length: PeriodRule.Length, _ zone: String, _ time: String, _ text: String, _ start: String, _ end: String
    ) throws {
        let fields = time.split(separator: ":").compactMap { Int($0) }
        let rule = PeriodRule(
            length: length, timeZone: try #require(TimeZone(identifier: zone)),
            turnsAtMinute: fields[0] * 60 + fields[1])
        let period = rule.period(containing: try #require(instant(text)))
        #expect(period == Period(start: try #require(instant(start)), end: try #require(instant(end))))
    }

    @Test(
        "hold their instant and join without gap or overlap, in all zones, at random instants and near each clock change"
    )
    func join() throws {
        var generator = SeededGenerator(seed: 3)
        var failures: [String] = []
        for identifier in TimeZone.knownTimeZoneIdentifiers {
            let zone = try #require(TimeZone(identifier: identifier))
            for _ in 0..<12 {
                let rule = PeriodRule(
                    length: try #require(PeriodRule.Length.allCases.randomElement(using: &generator)), timeZone: zone,
                    turnsAtMinute: Int.random(in: 0..<1440, using: &generator))
                // 1970 to 2040.
                var moment = Date(timeIntervalSince1970: Double.random(in: 0..<2_208_988_800, using: &generator))
                if Bool.random(using: &generator), let change = zone.nextDaylightSavingTimeTransition(after: moment) {
                    moment = change + Double(Int.random(in: -7200...7200, using: &generator))
                }
                let period = rule.period(containing: moment)
                let next = rule.period(containing: period.end)
                let isSound =
                    period.contains(moment) && next.start == period.end && next.contains(period.end)
                    && rule.period(containing: period.start) == period
                    && rule.period(containing: period.end - 0.001) == period
                    && isTurn(period.start, of: rule)
                if !isSound { failures.append("\(identifier) \(rule.length) \(rule.turnsAtMinute) \(moment)") }
            }
        }
        #expect(failures.isEmpty)
    }

    /// Whether the wall clock reads the rule's time at an instant, or has just jumped over it.
    private func isTurn(_ start: Date, of rule: PeriodRule) -> Bool {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = rule.timeZone
        let before = rule.timeZone.secondsFromGMT(for: start - 1)
        if rule.timeZone.secondsFromGMT(for: start) > before { return true }
        let fields = calendar.dateComponents([.weekday, .day, .hour, .minute, .second], from: start)
        guard fields.second == 0, fields.minute == rule.turnsAtMinute % 60 else { return false }
        return switch rule.length {
        case .hour: true
        case .day: fields.hour == rule.turnsAtMinute / 60
        case .week: fields.hour == rule.turnsAtMinute / 60 && fields.weekday == 2
        case .month: fields.hour == rule.turnsAtMinute / 60 && fields.day == 1
        }
    }

    @Test("are found for any instant, be it ever so far away")
    func farAway() throws {
        let rule = PeriodRule(length: .month, timeZone: .gmt, turnsAtMinute: 0)
        for moment in [Date.distantPast, .distantFuture] {
            #expect(rule.period(containing: moment).contains(moment))
        }
        #expect(rule.period(containing: Date(timeIntervalSince1970: .infinity)).start < .distantFuture + 1e13)
    }

    @Test("civil days agree with the calendar over 400 years")
    func instants() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        var generator = SeededGenerator(seed: 4)
        for _ in 0..<2000 {
            let moment = Date(
                timeIntervalSince1970: Double(Int.random(in: -6_000_000_000..<6_000_000_000, using: &generator)))
            let fields = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: moment)
            let text = String(
                format: "%04d-%02d-%02dT%02d:%02d:%02dZ", fields.year ?? 0, fields.month ?? 0, fields.day ?? 0,
                fields.hour ?? 0, fields.minute ?? 0, fields.second ?? 0)
            #expect(instant(text) == moment)
        }
    }
}
