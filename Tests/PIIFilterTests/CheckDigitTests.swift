import Testing

@testable import PIIFilter

@Suite struct CheckDigitTests {
    private func digits(_ text: String) -> [UInt8] { text.utf8.map { $0 - 0x30 } }

    @Test("Luhn takes the worked value and no other last digit")
    func luhn() {
        #expect(Luhn.holds(digits("79927398713")))
        for wrong in "012456789" { #expect(!Luhn.holds(digits("7992739871\(wrong)"))) }
        #expect(!Luhn.holds([]))
    }

    @Test("Verhoeff takes the worked value and no other last digit")
    func verhoeff() {
        #expect(Verhoeff.holds(digits("2363")))
        for wrong in "012456789" { #expect(!Verhoeff.holds(digits("236\(wrong)"))) }
        #expect(!Verhoeff.holds([]))
    }

    @Test("Verhoeff catches every swap of two different neighbours and every wrong digit")
    func verhoeffCatchesSlips() {
        let valid = digits("999900000012").dropLast()
        let number = (0...9).map { Array(valid) + [UInt8($0)] }.first(where: Verhoeff.holds) ?? []
        #expect(number.count == 12)
        for place in number.indices {
            for digit in UInt8(0)...9 where digit != number[place] {
                var wrong = number
                wrong[place] = digit
                #expect(!Verhoeff.holds(wrong))
            }
            if place > 0, number[place] != number[place - 1] {
                var swapped = number
                swapped.swapAt(place, place - 1)
                #expect(!Verhoeff.holds(swapped))
            }
        }
    }

    @Test("A tax registration has one check character")
    func gstin() {
        let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
        let holding = alphabet.filter { GSTINCheck.holds("27AAPFU0939F1Z\($0)".unicodeScalars.map(\.value)) }
        #expect(holding == ["V"])
        #expect(!GSTINCheck.holds("27AAPFU0939F1".unicodeScalars.map(\.value)))
    }
}
