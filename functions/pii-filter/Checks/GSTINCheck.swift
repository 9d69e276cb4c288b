/// The check character of Indian tax registrations (GSTIN).
///
/// The fourteen characters before it are read in base 36 (0 to 9, then A to Z) and multiplied by 1, 2, 1, 2, ... from
/// the left; quotient and remainder by 36 of each product are added up, and the check character makes the sum a
/// multiple of 36. This is the Luhn scheme of modulus 36 that the Goods and Services Tax Network uses. Worked:
/// 27AAPFU0939F1Z takes V.
enum GSTINCheck {
    /// Whether the fifteenth of fifteen ASCII characters (capitals and digits) checks the others.
    static func holds(_ characters: some BidirectionalCollection<UInt32>) -> Bool {
        var sum = 0
        for (place, character) in characters.dropLast().enumerated() {
            guard let value = value(of: character) else { return false }
            let product = value * (place.isMultiple(of: 2) ? 1 : 2)
            sum += product / 36 + product % 36
        }
        guard characters.count == 15, let check = characters.last.flatMap(value) else { return false }
        return (sum + check).isMultiple(of: 36)
    }

    private static func value(of character: UInt32) -> Int? {
        switch character {
        case 0x30...0x39: Int(character) - 0x30
        case 0x41...0x5A: Int(character) - 0x41 + 10
        default: nil
        }
    }
}
