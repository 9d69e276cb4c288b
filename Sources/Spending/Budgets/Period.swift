import CivilTime
package import Foundation

/// A span of time that a limit is for: `start` belongs to it, `end` to the next.
package struct Period: Sendable, Hashable {
    /// Its first instant.
    package var start: Date
    /// The first instant of the next period.
    package var end: Date

    /// Makes a period.
    package init(start: Date, end: Date) {
        self.start = start
        self.end = end
    }

    /// Whether an instant belongs to it.
    package func contains(_ instant: Date) -> Bool { start <= instant && instant < end }
}

/// When a budget turns: a pure function of instant, zone and time of day.
///
/// A turn is the first instant at which the zone's wall clock has reached its time: in a gap, the first instant after
/// it; in a repeated hour, the first occurrence. So turns never go back, and each period ends where the next begins.
package struct PeriodRule: Sendable, Hashable {
    /// How often a budget turns.
    package enum Length: String, Sendable, CaseIterable {
        /// Every hour, at the minute of the rule.
        case hour
        /// Every day.
        case day
        /// Every Monday.
        case week
        /// On the first day of every month.
        case month
    }

    /// How often it turns.
    package var length: Length
    /// Whose wall clock counts.
    package var timeZone: TimeZone
    /// Minutes after midnight, 0 to 1439.
    ///
    /// For ``Length/hour`` only the minute of the hour counts.
    package var turnsAtMinute: Int

    /// Makes a rule.
    package init(length: Length, timeZone: TimeZone, turnsAtMinute: Int) {
        self.length = length
        self.timeZone = timeZone
        self.turnsAtMinute = turnsAtMinute
    }

    /// The period that an instant belongs to.
    package func period(containing instant: Date) -> Period {
        // Turns lie on whole seconds. The clamp is some 30,000 years wide and keeps the arithmetic from overflowing.
        let second = Int(max(-1e12, min(1e12, instant.timeIntervalSince1970.rounded(.down))))
        var index = index(ofWallClock: second + offset(at: second))
        var start = turn(index)
        var end = turn(index + 1)
        // After a clock went back, the wall clock may stand before a turn that has come already.
        while end <= second {
            index += 1
            start = end
            end = turn(index + 1)
        }
        return Period(
            start: Date(timeIntervalSince1970: Double(start)), end: Date(timeIntervalSince1970: Double(end)))
    }

    /// The number of the last turn that the wall clock has reached, were it never set back.
    private func index(ofWallClock wall: Int) -> Int {
        if length == .hour { return floorDivide(wall - turnsAtMinute % 60 * 60, 3600) }
        let day = floorDivide(wall - turnsAtMinute * 60, 86_400)
        switch length {
        case .hour, .day: return day
        // 1970-01-05 was a Monday.
        case .week: return floorDivide(day - 4, 7)
        case .month:
            let civil = CivilDay(number: day)
            return civil.year * 12 + civil.month - 1
        }
    }

    /// The wall clock's reading at a turn, in seconds since 1970-01-01 00:00 on that clock.
    private func wallClock(ofTurn index: Int) -> Int {
        switch length {
        case .hour: return index * 3600 + turnsAtMinute % 60 * 60
        case .day: return index * 86_400 + turnsAtMinute * 60
        case .week: return (index * 7 + 4) * 86_400 + turnsAtMinute * 60
        case .month:
            let year = floorDivide(index, 12)
            return CivilDay(year: year, month: index - year * 12 + 1, day: 1).number * 86_400 + turnsAtMinute * 60
        }
    }

    /// The first second at which the wall clock reads a turn's time or later.
    private func turn(_ index: Int) -> Int {
        let wall = wallClock(ofTurn: index)
        // No zone is or was more than 16 hours from UTC, and none changes its clock twice within four hours.
        let last = wall + 16 * 3600
        var start = wall - 16 * 3600
        var startOffset = offset(at: start)
        while start < last {
            let probe = start + 4 * 3600
            let probeOffset = offset(at: probe)
            let change = probeOffset == startOffset ? probe : firstChange(after: start, upTo: probe)
            if wall - startOffset < change { return max(start, wall - startOffset) }
            startOffset = offset(at: change)
            start = change
        }
        return max(start, wall - startOffset)
    }

    /// The first second of a span at which the offset is no longer the one of its start.
    private func firstChange(after start: Int, upTo end: Int) -> Int {
        let offsetBefore = offset(at: start)
        var before = start
        var after = end
        while after - before > 1 {
            let middle = before + (after - before) / 2
            if offset(at: middle) == offsetBefore { before = middle } else { after = middle }
        }
        return after
    }

    private func offset(at second: Int) -> Int {
        timeZone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(second)))
    }
}
