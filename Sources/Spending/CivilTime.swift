package import FoundationEssentials

/// A day of the proleptic Gregorian calendar and its number, counted from 1970-01-01.
///
/// Howard Hinnant's algorithms, exact for all years that occur:
/// <https://howardhinnant.github.io/date_algorithms.html>.
struct CivilDay: Hashable {
    var year: Int
    var month: Int
    var day: Int

    init(year: Int, month: Int, day: Int) {
        self.year = year
        self.month = month
        self.day = day
    }

    init(number: Int) {
        let shifted = number + 719_468
        let era = floorDivide(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    var number: Int {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = floorDivide(shiftedYear, 400)
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}

/// The quotient, rounded towards negative infinity.
package func floorDivide(_ dividend: Int, _ divisor: Int) -> Int {
    let (quotient, remainder) = dividend.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
}

/// The instant that a text such as `2024-04-18T00:00:00Z` names; nil for any other way to write it.
package func instant(_ text: String) -> Date? {
    let parts = text.split(separator: "T", omittingEmptySubsequences: false)
    guard parts.count == 2, let day = civilDay(String(parts[0])), parts[1].utf8.count == 9, parts[1].hasSuffix("Z"),
        let time = numbers(parts[1].dropLast(), separator: ":", widths: [2, 2, 2]),
        time[0] < 24, time[1] < 60, time[2] < 60
    else { return nil }
    return Date(timeIntervalSince1970: Double(day.number * 86_400 + time[0] * 3600 + time[1] * 60 + time[2]))
}

/// The day that a text such as `2026-11-23` names; nil for a day that does not exist.
func civilDay(_ text: String) -> CivilDay? {
    guard let fields = numbers(Substring(text), separator: "-", widths: [4, 2, 2]),
        (1...12).contains(fields[1]), (1...31).contains(fields[2])
    else { return nil }
    let day = CivilDay(year: fields[0], month: fields[1], day: fields[2])
    return CivilDay(number: day.number) == day ? day : nil
}

/// Reads digits of fixed widths between separators.
func numbers(_ text: Substring, separator: Character, widths: [Int]) -> [Int]? {
    let fields = text.split(separator: separator, omittingEmptySubsequences: false)
    guard fields.map(\.utf8.count) == widths,
        fields.allSatisfy({ $0.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } })
    else { return nil }
    return fields.compactMap { Int($0) }
}
