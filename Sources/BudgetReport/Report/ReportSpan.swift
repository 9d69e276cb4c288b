import CivilTime
package import Foundation
import Spending

/// The span that a person asks a report for.
package struct ReportSpan: Sendable, Hashable {
    /// From its first instant up to, but without, its last.
    package let range: Range<Date>
    /// Whose days it is told in.
    package let timeZone: TimeZone

    /// Reads what a person wrote.
    ///
    /// - Parameters:
    ///   - since: A day such as `2026-11-01`, or an instant such as `2026-11-01T10:15` or `2026-11-01T10:15+05:30`; nil for some
    ///     days back.
    ///   - until: Likewise; a day counts whole. Nil for now.
    ///   - timeZone: Whose days they are.
    ///   - now: The ledger's instant.
    ///   - daysBack: How far back a span reaches that is not told since when; it begins at midnight.
    /// - Throws: ``ReportProblem`` that says what to write instead.
    package init(
        since: String?, until: String?, timeZone: TimeZone, now: Date, daysBack: Int
    ) throws(ReportProblem) {
        let last = try until.map { text throws(ReportProblem) in
            try Self.edge(text, option: "--until", isEnd: true, timeZone)
        }
        let present = SpendQuarter.start(SpendQuarter.number(now) + 1)
        let end = last ?? present
        let first = try since.map { text throws(ReportProblem) in
            try Self.edge(text, option: "--since", isEnd: false, timeZone)
        }
        let day = PeriodRule(length: .day, timeZone: timeZone, turnsAtMinute: 0)
        // Of days to come nothing is known yet.
        let back = min(end, present).addingTimeInterval(-Double(daysBack) * 86_400)
        let start = first ?? day.period(containing: back).start
        if let since, start > end {
            throw ReportProblem(
                until.map { "--since \(since) is after --until \($0); turn them round" }
                    ?? "--since \(since) has not come yet: it is \(now.wallClock(timeZone)) in \(timeZone.ianaName); "
                    + "name an earlier time")
        }
        range = start..<end
        self.timeZone = timeZone
    }

    /// Checks what a person wrote as far as that can be done without a ledger.
    ///
    /// - Throws: ``ReportProblem`` that says what to write instead.
    package static func check(since: String?, until: String?) throws(ReportProblem) {
        if let since { _ = try edge(since, option: "--since", isEnd: false, .gmt) }
        if let until { _ = try edge(until, option: "--until", isEnd: true, .gmt) }
    }

    /// The zone of an IANA name.
    ///
    /// - Throws: ``ReportProblem`` with the name that was most likely meant.
    package static func timeZone(_ name: String) throws(ReportProblem) -> TimeZone {
        guard let zone = IANATimeZone.named(name) else {
            let hint = IANATimeZone.nearestName(to: name).map { "did you mean `\($0)`?" }
            throw ReportProblem(
                "--timezone takes an IANA name such as Asia/Kolkata, not `\(name)`" + (hint.map { "; \($0)" } ?? ""))
        }
        return zone
    }

    private static func edge(
        _ text: String, option: String, isEnd: Bool, _ zone: TimeZone
    ) throws(ReportProblem) -> Date {
        guard let instant = day(text, isEnd: isEnd, zone) ?? wallClock(text, zone) ?? exact(text) else {
            throw ReportProblem(
                "\(option) takes a day such as 2026-11-01 or an instant such as 2026-11-01T10:15, not `\(text)`")
        }
        guard SpendQuarter.start(SpendQuarter.number(instant)) == instant else {
            throw ReportProblem("\(option) \(text) is no whole quarter of an hour; reports are kept by these")
        }
        return instant
    }

    private static func day(_ text: String, isEnd: Bool, _ zone: TimeZone) -> Date? {
        guard let noon = CivilTime.instant(text + "T12:00:00Z") else { return nil }
        // Noon of that day on the zone's own clock lies within the day, wherever clocks turn.
        let wall = noon.addingTimeInterval(-Double(zone.secondsFromGMT(for: noon)))
        let period = PeriodRule(length: .day, timeZone: zone, turnsAtMinute: 0).period(containing: wall)
        return isEnd ? period.end : period.start
    }

    private static func wallClock(_ text: String, _ zone: TimeZone) -> Date? {
        guard let reading = CivilTime.instant(text + ":00Z") else { return nil }
        // By the offset before, and by the one after, a turn of the clock: of two readings the earlier, and where clocks
        // jumped over one, as long after the jump.
        let offsets = [-86_400, 86_400].map { zone.secondsFromGMT(for: reading.addingTimeInterval($0)) }
        let instants = offsets.map { reading.addingTimeInterval(-Double($0)) }
        return zip(instants, offsets).first { zone.secondsFromGMT(for: $0) == $1 }?.0 ?? instants[0]
    }

    /// An instant with its offset, with seconds or without.
    private static func exact(_ text: String) -> Date? {
        let minute = text.prefix(16)
        return CivilTime.instant(text) ?? CivilTime.instant("\(minute):00\(text.dropFirst(16))")
    }
}
