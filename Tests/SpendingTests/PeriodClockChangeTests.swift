import CivilTime
import Foundation
import Spending
import TestSupport
import Testing

@Suite("Periods at clock changes")
struct PeriodClockChangeTests {
    @Test(
        "are what a clock that is read every minute says",
        arguments: [
            // Berlin: 02:00 is 03:00 on 29 March, and 03:00 is 02:00 on 25 October, when the hour from 02:00 lasts two.
            (.hour, "Europe/Berlin", "00:00", "2026-03-29T00:59:59Z", "2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z"),
            (.hour, "Europe/Berlin", "00:00", "2026-03-29T01:00:00Z", "2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"),
            (.hour, "Europe/Berlin", "00:00", "2026-10-25T00:30:00Z", "2026-10-25T00:00:00Z", "2026-10-25T02:00:00Z"),
            (.hour, "Europe/Berlin", "00:00", "2026-10-25T01:30:00Z", "2026-10-25T00:00:00Z", "2026-10-25T02:00:00Z"),
            (.hour, "Europe/Berlin", "00:00", "2026-10-25T02:00:00Z", "2026-10-25T02:00:00Z", "2026-10-25T03:00:00Z"),
            (.day, "Europe/Berlin", "00:00", "2026-03-29T12:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
            (.day, "Europe/Berlin", "00:00", "2026-10-25T12:00:00Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"),
            (.day, "Europe/Berlin", "02:30", "2026-03-29T00:59:59Z", "2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z"),
            (.day, "Europe/Berlin", "02:30", "2026-03-29T01:00:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"),
            (.day, "Europe/Berlin", "02:30", "2026-10-25T00:30:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"),
            (.day, "Europe/Berlin", "02:30", "2026-10-25T01:15:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"),
            (.week, "Europe/Berlin", "00:00", "2026-03-29T12:00:00Z", "2026-03-22T23:00:00Z", "2026-03-29T22:00:00Z"),
            (.week, "Europe/Berlin", "00:00", "2026-10-25T12:00:00Z", "2026-10-18T22:00:00Z", "2026-10-25T23:00:00Z"),
            (.month, "Europe/Berlin", "00:00", "2026-03-15T12:00:00Z", "2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z"),
            (.month, "Europe/Berlin", "00:00", "2026-10-15T12:00:00Z", "2026-09-30T22:00:00Z", "2026-10-31T23:00:00Z"),
            // New York: 8 March and 1 November. In 2001 the spring turn was on the first of a month.
            (
                .hour, "America/New_York", "00:00", "2026-03-08T06:59:59Z", "2026-03-08T06:00:00Z",
                "2026-03-08T07:00:00Z"
            ),
            (
                .hour, "America/New_York", "00:00", "2026-03-08T07:00:00Z", "2026-03-08T07:00:00Z",
                "2026-03-08T08:00:00Z"
            ),
            (
                .hour, "America/New_York", "00:00", "2026-11-01T06:30:00Z", "2026-11-01T05:00:00Z",
                "2026-11-01T07:00:00Z"
            ),
            (
                .hour, "America/New_York", "00:00", "2026-11-01T07:00:00Z", "2026-11-01T07:00:00Z",
                "2026-11-01T08:00:00Z"
            ),
            (
                .week, "America/New_York", "00:00", "2026-03-08T12:00:00Z", "2026-03-02T05:00:00Z",
                "2026-03-09T04:00:00Z"
            ),
            (
                .week, "America/New_York", "00:00", "2026-11-01T12:00:00Z", "2026-10-26T04:00:00Z",
                "2026-11-02T05:00:00Z"
            ),
            (
                .month, "America/New_York", "00:00", "2026-03-15T12:00:00Z", "2026-03-01T05:00:00Z",
                "2026-04-01T04:00:00Z"
            ),
            (
                .month, "America/New_York", "00:00", "2026-11-15T12:00:00Z", "2026-11-01T04:00:00Z",
                "2026-12-01T05:00:00Z"
            ),
            (
                .month, "America/New_York", "02:30", "2001-04-01T07:00:00Z", "2001-04-01T07:00:00Z",
                "2001-05-01T06:30:00Z"
            ),
            (
                .month, "America/New_York", "02:30", "2001-04-01T06:59:59Z", "2001-03-01T07:30:00Z",
                "2001-04-01T07:00:00Z"
            ),
            (
                .month, "America/New_York", "01:30", "2026-11-01T06:10:00Z", "2026-11-01T05:30:00Z",
                "2026-12-01T06:30:00Z"
            ),
            // Lord Howe Island turns by half an hour: 02:00 is 02:30 on 4 October, and 01:30 on 5 April.
            (
                .hour, "Australia/Lord_Howe", "00:00", "2026-10-03T15:15:00Z", "2026-10-03T14:30:00Z",
                "2026-10-03T15:30:00Z"
            ),
            (
                .hour, "Australia/Lord_Howe", "00:00", "2026-10-03T15:30:00Z", "2026-10-03T15:30:00Z",
                "2026-10-03T16:00:00Z"
            ),
            (
                .hour, "Australia/Lord_Howe", "00:00", "2026-04-04T15:10:00Z", "2026-04-04T14:00:00Z",
                "2026-04-04T15:30:00Z"
            ),
            (
                .hour, "Australia/Lord_Howe", "00:00", "2026-04-04T15:30:00Z", "2026-04-04T15:30:00Z",
                "2026-04-04T16:30:00Z"
            ),
            (
                .day, "Australia/Lord_Howe", "00:00", "2026-10-04T00:00:00Z", "2026-10-03T13:30:00Z",
                "2026-10-04T13:00:00Z"
            ),
            (
                .day, "Australia/Lord_Howe", "00:00", "2026-04-04T20:00:00Z", "2026-04-04T13:00:00Z",
                "2026-04-05T13:30:00Z"
            ),
            (
                .day, "Australia/Lord_Howe", "01:45", "2026-04-04T15:10:00Z", "2026-04-04T14:45:00Z",
                "2026-04-05T15:15:00Z"
            ),
            (
                .week, "Australia/Lord_Howe", "00:00", "2026-10-04T00:00:00Z", "2026-09-27T13:30:00Z",
                "2026-10-04T13:00:00Z"
            ),
            (
                .month, "Australia/Lord_Howe", "00:00", "2026-10-15T00:00:00Z", "2026-09-30T13:30:00Z",
                "2026-10-31T13:00:00Z"
            ),
            (
                .month, "Australia/Lord_Howe", "00:00", "2026-04-15T00:00:00Z", "2026-03-31T13:00:00Z",
                "2026-04-30T13:30:00Z"
            ),
            // Half and quarter hours all year.
            (.week, "Asia/Kolkata", "00:00", "2026-11-23T10:00:00Z", "2026-11-22T18:30:00Z", "2026-11-29T18:30:00Z"),
            (.month, "Asia/Kolkata", "00:00", "2026-11-30T18:29:59Z", "2026-10-31T18:30:00Z", "2026-11-30T18:30:00Z"),
            (.hour, "Asia/Kathmandu", "00:00", "2026-11-23T10:00:00Z", "2026-11-23T09:15:00Z", "2026-11-23T10:15:00Z"),
            (.day, "Asia/Kathmandu", "00:00", "2026-11-23T10:00:00Z", "2026-11-22T18:15:00Z", "2026-11-23T18:15:00Z"),
            (.week, "Asia/Kathmandu", "00:00", "2026-11-23T10:00:00Z", "2026-11-22T18:15:00Z", "2026-11-29T18:15:00Z"),
            (.month, "Asia/Kathmandu", "00:00", "2026-11-30T18:14:59Z", "2026-10-31T18:15:00Z", "2026-11-30T18:15:00Z"),
            // Samoa went from 29 to 31 December 2011; the day of 30 December at noon lasts from midnight to noon.
            (.hour, "Pacific/Apia", "00:00", "2011-12-30T09:30:00Z", "2011-12-30T09:00:00Z", "2011-12-30T10:00:00Z"),
            (.hour, "Pacific/Apia", "00:00", "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z", "2011-12-30T11:00:00Z"),
            (.day, "Pacific/Apia", "12:00", "2011-12-30T09:59:59Z", "2011-12-29T22:00:00Z", "2011-12-30T10:00:00Z"),
            (.day, "Pacific/Apia", "12:00", "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z", "2011-12-30T22:00:00Z"),
            (.week, "Pacific/Apia", "00:00", "2011-12-30T10:00:00Z", "2011-12-26T10:00:00Z", "2012-01-01T10:00:00Z"),
            (.month, "Pacific/Apia", "00:00", "2011-12-30T10:00:00Z", "2011-12-01T10:00:00Z", "2011-12-31T10:00:00Z"),
            // Leap days, a year without one, and months without a 31st.
            (.day, "UTC", "00:00", "2024-02-29T12:00:00Z", "2024-02-29T00:00:00Z", "2024-03-01T00:00:00Z"),
            (.month, "UTC", "00:00", "2024-02-29T23:59:59Z", "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z"),
            (.week, "UTC", "00:00", "2024-02-29T12:00:00Z", "2024-02-26T00:00:00Z", "2024-03-04T00:00:00Z"),
            (.day, "Asia/Kolkata", "00:00", "2100-02-28T12:00:00Z", "2100-02-27T18:30:00Z", "2100-02-28T18:30:00Z"),
            (.month, "UTC", "00:00", "2100-02-28T23:59:59Z", "2100-02-01T00:00:00Z", "2100-03-01T00:00:00Z"),
            (.day, "UTC", "00:00", "2100-02-28T23:59:59Z", "2100-02-28T00:00:00Z", "2100-03-01T00:00:00Z"),
            (.month, "UTC", "00:00", "2026-04-30T23:59:59Z", "2026-04-01T00:00:00Z", "2026-05-01T00:00:00Z"),
            (.month, "UTC", "00:00", "2026-06-30T23:59:59Z", "2026-06-01T00:00:00Z", "2026-07-01T00:00:00Z"),
            (.month, "UTC", "00:00", "2026-09-30T23:59:59Z", "2026-09-01T00:00:00Z", "2026-10-01T00:00:00Z"),
            (.month, "UTC", "00:00", "2026-02-28T23:59:59Z", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"),
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

    /// Zones with daylight saving on both halves of the globe, half hours, a skipped day and none of it.
    private static let zones = [
        "Europe/Berlin", "America/New_York", "America/St_Johns", "Australia/Lord_Howe", "Africa/Casablanca",
        "America/Sao_Paulo", "Pacific/Apia", "Pacific/Chatham", "Asia/Kolkata", "Asia/Kathmandu", "UTC",
    ]

    @Test("agree with a clock that is read every minute around each change", arguments: zones)
    func scan(_ identifier: String) throws {
        let zone = try #require(TimeZone(identifier: identifier))
        var change = try #require(instant("2010-06-01T00:00:00Z"))
        for _ in 0..<5 {
            // A zone without changes is read at some date all the same.
            change = zone.nextDaylightSavingTimeTransition(after: change) ?? change + 100 * 86_400
            // From two days before to one day after.
            let first = Int(change.timeIntervalSince1970) / 60 * 60 - 2 * 86_400
            let readings = stride(from: first, to: first + 3 * 86_400, by: 60).map { second in
                (second: second, wall: second + zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(second))))
            }
            for length in [PeriodRule.Length.hour, .day] {
                for minute in [0, 105, 150, 1425] {
                    let rule = PeriodRule(length: length, timeZone: zone, turnsAtMinute: minute)
                    #expect(contradictions(to: readings, of: rule).isEmpty, "\(length) \(minute) \(change)")
                }
            }
        }
    }

    /// The instants at which a rule says another start than a clock that was never set back.
    private func contradictions(to readings: [(second: Int, wall: Int)], of rule: PeriodRule) -> [Date] {
        let (length, phase) =
            rule.length == .hour ? (3600, rule.turnsAtMinute % 60 * 60) : (86_400, rule.turnsAtMinute * 60)
        var highest = Int.min
        var turn: Int?
        var start: Int?
        var contradictions: [Date] = []
        for (second, wall) in readings {
            highest = max(highest, wall)
            let reached = (highest - phase) / length
            let turns = reached != turn
            // What began before the first reading is not known.
            if turns, turn != nil { start = second }
            turn = reached
            guard let start, turns || second % 900 == 0 else { continue }
            for instant in [second, second + 59].map({ Date(timeIntervalSince1970: Double($0)) })
            where rule.period(containing: instant).start != Date(timeIntervalSince1970: Double(start)) {
                contradictions.append(instant)
            }
        }
        return contradictions
    }

    @Test("tile the time line in a row of any length, and depend on nothing but the instant", arguments: zones)
    func tile(_ identifier: String) throws {
        let zone = try #require(TimeZone(identifier: identifier))
        var generator = SeededGenerator(seed: 8)
        var failures: [String] = []
        for _ in 0..<20 {
            let rule = PeriodRule(
                length: try #require(PeriodRule.Length.allCases.randomElement(using: &generator)), timeZone: zone,
                turnsAtMinute: Int.random(in: 0..<1440, using: &generator))
            var moment = Date(timeIntervalSince1970: Double.random(in: 0..<2_208_988_800, using: &generator))
            if Bool.random(using: &generator), let change = zone.nextDaylightSavingTimeTransition(after: moment) {
                moment = change - Double(Int.random(in: 0..<86_400, using: &generator))
            }
            var row = [rule.period(containing: moment)]
            if !row[0].contains(moment) { failures.append("\(rule) \(moment)") }
            for _ in 0..<30 {
                let last = row[row.count - 1]
                let next = rule.period(containing: last.end)
                if next.start != last.end || next.end <= next.start { failures.append("\(rule) \(last.end)") }
                row.append(next)
            }
            // A clock that jumps to and fro asks in any order.
            for period in row.shuffled(using: &generator) {
                let inside = Double.random(in: 0..<period.end.timeIntervalSince(period.start), using: &generator)
                for instant in [period.end - 0.001, period.start + inside, period.start]
                where rule.period(containing: instant) != period {
                    failures.append("\(rule) \(instant)")
                }
            }
        }
        #expect(failures.isEmpty)
    }
}
