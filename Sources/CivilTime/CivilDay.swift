/// A day of the proleptic Gregorian calendar and its number, counted from 1970-01-01.
///
/// Howard Hinnant's algorithms, exact for all years that occur:
/// <https://howardhinnant.github.io/date_algorithms.html>.
package struct CivilDay: Hashable, Sendable {
    /// The year.
    package var year: Int
    /// 1 to 12.
    package var month: Int
    /// 1 to 31.
    package var day: Int

    /// Makes a day of three numbers.
    package init(year: Int, month: Int, day: Int) {
        self.year = year
        self.month = month
        self.day = day
    }

    /// The day of a number.
    package init(number: Int) {
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

    /// Reads a day such as `2026-11-23`; nil for a day that does not exist, and for any other way to write it.
    package init?(_ text: some StringProtocol) {
        guard let fields = numbers(text, separator: "-", widths: [4, 2, 2]), fields[0] >= 1,
            (1...12).contains(fields[1]), (1...31).contains(fields[2])
        else { return nil }
        self.init(year: fields[0], month: fields[1], day: fields[2])
        guard CivilDay(number: number) == self else { return nil }
    }

    /// Its number.
    package var number: Int {
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
