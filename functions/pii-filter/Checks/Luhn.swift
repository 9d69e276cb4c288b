/// The check digit of payment cards (ISO/IEC 7812-1, annex B).
///
/// From the right, every second digit is doubled, nine is taken off where that gives more than nine, and the sum must
/// end in 0. Worked: 79927398713 gives 3 + 2 + 7 + 7 + 9 + 6 + 7 + 4 + 9 + 9 + 7 = 70, so it holds.
enum Luhn {
    /// Whether the last digit checks the others.
    static func holds(_ digits: some BidirectionalCollection<UInt8>) -> Bool {
        var sum = 0
        for (place, digit) in digits.reversed().enumerated() {
            let value = place.isMultiple(of: 2) ? Int(digit) : Int(digit) * 2
            sum += value > 9 ? value - 9 : value
        }
        return !digits.isEmpty && sum.isMultiple(of: 10)
    }
}
