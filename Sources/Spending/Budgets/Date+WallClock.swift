package import Foundation

extension Date {
    /// What a zone's wall clock reads: `2026-11-27 00:00`, with seconds where there are any.
    package func wallClock(_ zone: TimeZone) -> String {
        let text = formatted(
            Date.ISO8601FormatStyle(timeZone: zone).year().month().day().dateTimeSeparator(.space)
                .time(includingFractionalSeconds: false))
        return text.hasSuffix(":00") ? String(text.dropLast(3)) : text
    }
}
