import PIIFilter
import TestSupport
import Testing

@Suite struct NumberGroupingTests {
    @Test(
        "An Indian phone number is found in any grouping",
        arguments: [
            "9876543210", "98765 43210", "98765-43210", "987-654-3210", "9876 543 210", "987 654 3210",
            "98 76 54 32 10",
            "9 8 7 6 5 4 3 2 1 0", "98765.43210", "9.8.7.6.5.4.3.2.1.0", "98765/43210", "(98765) 43210",
            "(987) 654-3210",
            "98765 - 43210", "98765_43210", "98765,43210", "98765\n43210", "9876543 210", "+919876543210",
            "+91 98765 43210",
            "+91-98765-43210", "+91 (98765) 43210", "(+91) 9876543210", "+91 (0) 98765 43210", "+ 91 98765 43210",
            "+91.98765.43210",
            "91-9876543210", "919876543210", "0091 98765 43210", "00919876543210", "09876543210", "098765 43210",
            "0-98765-43210",
            "0 98765 43210", "９８７６５４３２１０", "９８７６５－４３２１０", "९८७६५४३२१०", "९८७६५ ४३२१०", "৯৮৭৬৫৪৩২১০", "98765\u{A0}43210",
            "9\u{200B}8\u{200B}7\u{200B}6\u{200B}5\u{200B}4\u{200B}3\u{200B}2\u{200B}1\u{200B}0", "98765\u{2060}43210",
            "98765\u{AD}43210",
            "98765\u{2013}43210", "98765\u{2011}43210", "98765\u{2009}43210", "98765•43210", "98765=43210",
            "𝟗𝟖𝟕𝟔𝟓𝟒𝟑𝟐𝟏𝟎", "⑨⑧⑦⑥⑤④③②①0",
            "9️⃣8️⃣7️⃣6️⃣5️⃣4️⃣3️⃣2️⃣1️⃣0️⃣", "98765\u{202A}43210\u{202C}",
            "022-23456789", "080 4123 4567", "(033) 4337 2884", "0484-2345678", "+91 22 2345 6789",
        ])
    func phones(number: String) async throws {
        for (before, after) in [("", ""), ("Call me on ", " please"), ("mobile:", "."), ("(", ")"), ("फोन ", ", धन्यवाद")] {
            let output = try await filter(before + number + after)
            // A sign of the number's own, a bracket or a mark of direction, may stay.
            let rest = output.question.replacing("[PHONE_1]", with: "")
            #expect(output.redactions == ["PHONE": 1], "\(before)\(number)\(after) -> \(output.question)")
            #expect(!rest.contains { $0.isNumber }, "\(output.question)")
        }
    }

    @Test(
        "An @ in another form still makes an address",
        arguments: [
            "asha@example.com", "asha＠example.com", "asha﹫example.com", "ＡＳＨＡ@example.com",
            "as\u{200B}ha@exam\u{200D}ple.com",
            "asha@example．com", "asha@bücher.example", "रवि@उदाहरण.भारत", "a.b-c_d+e@x-y.example.in",
            "a@xn--d1acufc.xn--p1ai",
        ])
    func addresses(address: String) async throws {
        #expect(try await filter("mail \(address) now").question == "mail [EMAIL_1] now")
    }

    @Test("A number that is known as a phone is taken out wherever it stands, and an amount with a call for it")
    func repeated() async throws {
        let output = try await filter("Call me on +91 98765 43210 about order 9876543210, worth 9,876,543,210 rupees.")
        #expect(output.question == "Call me on [PHONE_1] about order [PHONE_1], worth [PHONE_1] rupees.")
        #expect(try await filter("Call me on 9,876,543,210").question == "Call me on [PHONE_1]")
        #expect(try await filter("They owe 9,876,543,210 rupees").question == "They owe 9,876,543,210 rupees")
    }

    @Test("A phone number put anywhere in any grouping never survives", arguments: UInt64(1)...40)
    func phoneNeverSurvives(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<10 {
            let digits =
                [Int.random(in: 6...9, using: &generator)]
                + (0..<9).map { _ in Int.random(in: 0...9, using: &generator) }
            let number = group(digits, &generator)
            let output = try await filter(surround(number, &generator))
            let left = output.question.unicodeScalars.compactMap(\.properties.numericValue).map { Int($0) }
            #expect(output.redactions.isEmpty == false, "\(number)")
            #expect(left.count <= 2, "\(number) -> \(output.question)")
        }
    }

    @Test("An Aadhaar number put anywhere in any even grouping never survives", arguments: UInt64(1)...20)
    func aadhaarNeverSurvives(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let separator = ["", " ", "-", ".", "\u{A0}", " - ", "\u{200B}"].randomElement(using: &generator) ?? ""
        let size = [1, 2, 3, 4, 6, 12].randomElement(using: &generator) ?? 4
        let number = stride(from: 0, to: 12, by: size)
            .map { String("999941057058".dropFirst($0).prefix(size)) }.joined(separator: separator)
        #expect(try await filter("KYC \(number) done").question == "KYC [AADHAAR_1] done")
    }

    private func group(_ digits: [Int], _ generator: inout SeededGenerator) -> String {
        let separators = [" ", "-", ".", "\u{A0}", " - ", "\u{200B}", "/", "  ", "\u{2013}", "_"]
        let separator = separators.randomElement(using: &generator) ?? " "
        let zero = [0x30, 0x966, 0xFF10].randomElement(using: &generator) ?? 0x30
        var text = ["", "", "+91 ", "0", "91-", "0091 "].randomElement(using: &generator) ?? ""
        for (place, digit) in digits.enumerated() {
            if place > 0, Bool.random(using: &generator) { text += separator }
            if let scalar = Unicode.Scalar(zero + digit) { text.unicodeScalars.append(scalar) }
        }
        return text
    }

    private func surround(_ number: String, _ generator: inout SeededGenerator) -> String {
        let befores = [
            "", "Call ", "my number:", "मोबाइल ", "refund not received, ", "(", "whatsapp-", "I paid and then ",
        ]
        let afters = ["", " please", ".", ")", ", thanks", "\nRegards", " है", "?"]
        return (befores.randomElement(using: &generator) ?? "") + number
            + (afters.randomElement(using: &generator) ?? "")
    }
}
