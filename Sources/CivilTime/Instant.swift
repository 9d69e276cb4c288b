package import FoundationEssentials

/// The instant that a text names, as in `2024-04-18T00:00:00Z`, `2026-11-24T18:00:00+05:30` or `2026-11-24T12:30:00.250Z`.
///
/// Everything that reads an instant reads it here, and strictly: Foundation's own reader takes February 30 for March 2,
/// 25:00 for 1:00 of the next day, and leaves the end of a text unread. This is RFC 3339's `date-time` with capital letters
/// and up to nine decimals, without the second 60, which no clock of ours counts, and without 24:00, which ISO 8601-1:2019
/// had removed.
///
/// - Parameter text: What is read.
/// - Returns: The instant; nil for a day or a time that does not exist, and for any other way to write it.
package func instant(_ text: String) -> Date? {
    let parts = text.split(separator: "T", omittingEmptySubsequences: false)
    guard parts.count == 2, let day = CivilDay(parts[0]), let (clock, offset) = zoned(parts[1]) else { return nil }
    let halves = clock.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard let time = numbers(halves[0], separator: ":", widths: [2, 2, 2]), time[0] < 24, time[1] < 60, time[2] < 60,
        let fraction = halves.count == 2 ? fraction(halves[1]) : 0
    else { return nil }
    let second = day.number * 86_400 + time[0] * 3600 + time[1] * 60 + time[2] - offset
    // The years 1 to 9999 of UTC too, so that what is written from it can be read again.
    guard (-62_135_596_800...253_402_300_799).contains(second) else { return nil }
    return Date(timeIntervalSince1970: Double(second) + fraction)
}

/// The minutes after midnight of a time of day such as `06:30`; nil for one that does not exist.
package func minuteOfDay(_ text: some StringProtocol) -> Int? {
    guard let fields = numbers(text, separator: ":", widths: [2, 2]), fields[0] < 24, fields[1] < 60 else { return nil }
    return fields[0] * 60 + fields[1]
}

/// A wall clock's time, and how many seconds that clock is ahead of UTC.
private func zoned(_ text: Substring) -> (clock: Substring, offset: Int)? {
    if text.hasSuffix("Z") { return (text.dropLast(), 0) }
    let zone = text.utf8.suffix(6)
    guard let sign = zone.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"),
        let offset = minuteOfDay(Substring(zone.dropFirst()))
    else { return nil }
    return (text[..<zone.startIndex], (sign == UInt8(ascii: "-") ? -60 : 60) * offset)
}

/// The part of a second that one to nine decimals name.
private func fraction(_ digits: Substring) -> Double? {
    guard (1...9).contains(digits.utf8.count), numbers(digits, separator: ".", widths: [digits.utf8.count]) != nil
    else { return nil }
    return Double("0.\(digits)")
}

/// Reads digits of fixed widths between separators.
func numbers(_ text: some StringProtocol, separator: Character, widths: [Int]) -> [Int]? {
    let fields = text.split(separator: separator, omittingEmptySubsequences: false)
    guard fields.map(\.utf8.count) == widths,
        fields.allSatisfy({ $0.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } })
    else { return nil }
    return fields.compactMap { Int($0) }
}
