/// The check digit of Aadhaar numbers.
///
/// J. Verhoeff, Error Detecting Decimal Codes (1969): a chain of products in the dihedral group of ten elements, each
/// digit first permuted by its place from the right. Worked: 236 takes the check digit 3, so 2363 holds and 2364 and
/// 2633 do not.
enum Verhoeff {
    /// Whether the last digit checks the others.
    static func holds(_ digits: some BidirectionalCollection<UInt8>) -> Bool {
        var check: UInt8 = 0
        for (place, digit) in digits.reversed().enumerated() {
            check = product(check, permuted(digit, place: place % 8))
        }
        return !digits.isEmpty && check == 0
    }

    /// 0 to 4 are the turns of a pentagon, 5 to 9 its reflections.
    private static func product(_ left: UInt8, _ right: UInt8) -> UInt8 {
        let turn = right % 5
        let sum = left < 5 ? left + turn : left - 5 + 5 - turn
        let isReflection = (left < 5) != (right < 5)
        return sum % 5 + (isReflection ? 5 : 0)
    }

    /// Verhoeff's permutation (1 5 8 9 4 2 7 0)(3 6), applied `place` times.
    private static func permuted(_ digit: UInt8, place: Int) -> UInt8 {
        var digit = Int(digit)
        for _ in 0..<place { digit = Int(permutation[digit]) }
        return UInt8(digit)
    }

    private static let permutation: [UInt8] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]
}
