package import FoundationEssentials

/// An instant as AWS's signatures write it, in UTC and whole seconds: `20150830T123600Z`.
package struct AWSTimestamp: Sendable, Hashable {
    /// The whole, such as `20150830T123600Z`.
    package let text: String
    /// Seconds since 1970.
    package let seconds: Int

    /// The day, such as `20150830`.
    package var day: String { String(text.prefix(8)) }

    /// Cuts an instant to its second.
    ///
    /// The instant must lie in the years 0 to 9999.
    package init(_ date: Date) {
        seconds = Int(date.timeIntervalSince1970.rounded(.down))
        let time = ((seconds % 86_400) + 86_400) % 86_400
        let (year, month, day) = Self.civil(days: (seconds - time) / 86_400)
        let pad = { (value: Int, width: Int) in
            String(repeating: "0", count: max(0, width - String(value).count)) + String(value)
        }
        text =
            pad(year, 4) + pad(month, 2) + pad(day, 2) + "T" + pad(time / 3600, 2) + pad(time / 60 % 60, 2)
            + pad(time % 60, 2) + "Z"
    }

    /// Reads a timestamp; nil where it is none.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        let isDigits = { (range: Range<Int>) in bytes[range].allSatisfy { (0x30...0x39).contains($0) } }
        guard bytes.count == 16, isDigits(0..<8), bytes[8] == UInt8(ascii: "T"), isDigits(9..<15),
            bytes[15] == UInt8(ascii: "Z")
        else { return nil }
        let number = { (range: Range<Int>) in bytes[range].reduce(0) { $0 * 10 + Int($1 - 0x30) } }
        let days = Self.days(year: number(0..<4), month: number(4..<6), day: number(6..<8))
        let seconds = days * 86_400 + number(9..<11) * 3600 + number(11..<13) * 60 + number(13..<15)
        // A 31st of June or a 25th hour would come out as another text.
        let read = AWSTimestamp(Date(timeIntervalSince1970: Double(seconds)))
        guard read.text == text else { return nil }
        self = read
    }

    /// Howard Hinnant's `days_from_civil`: <https://howardhinnant.github.io/date_algorithms.html>.
    private static func days(year: Int, month: Int, day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// Howard Hinnant's `civil_from_days`, from the same page.
    private static func civil(days: Int) -> (year: Int, month: Int, day: Int) {
        let days = days + 719_468
        let era = (days >= 0 ? days : days - 146_096) / 146_097
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }
}
