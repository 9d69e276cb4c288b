import Foundation
import FunctionKit
import FunctionTesting
import PIIFilter
import Testing

@Suite struct PIIFilterTests {
    @Test("A question without personal data goes through as it is")
    func clean() async throws {
        let question = "Can I return a defective mixer after 10 days? The shop says no."
        #expect(try await filter(question) == Filtered(question: question, redactions: [:]))
    }

    @Test("The output counts the placeholders by kind and holds no value")
    func counts() async throws {
        let output = try await filter("I am Asha Rao, call 98765 43210 or 91234-56780, mail asha@example.com")
        #expect(output.question == "I am [NAME_1], call [PHONE_1] or [PHONE_2], mail [EMAIL_1]")
        #expect(output.redactions == ["NAME": 1, "PHONE": 2, "EMAIL": 1])
    }

    @Test("An empty question can never succeed", arguments: ["", " ", "\n\t \u{A0}"])
    func empty(question: String) async {
        await expectPermanent(question)
    }

    @Test("The longest question passes and one byte more does not")
    func length() async throws {
        let longest = String(repeating: "a", count: PIIFilter.questionBytesMax)
        #expect(try await filter(longest).question == longest)
        await expectPermanent(longest + "a")
        await expectPermanent(String(repeating: "क", count: PIIFilter.questionBytesMax / 3 + 1))
    }

    private func expectPermanent(_ question: String) async {
        let error = await #expect(throws: FunctionError.self) { try await filter(question) }
        #expect(error?.code == "permanent")
        #expect(error?.disposition == .deadLetter)
    }

    @Test(
        "Each kind gets its own placeholder",
        arguments: [
            ("mail Asha.Rao+shop@mail.example.co.in now", "mail [EMAIL_1] now"),
            ("write to asha @ gmail.com", "write to [EMAIL_1]"),
            ("my Aadhaar is 9999 4105 7058", "my Aadhaar is [AADHAAR_1]"),
            ("KYC with 999941057058 failed", "KYC with [AADHAAR_1] failed"),
            ("aadhaar no: 9999 4105 7059 is mistyped", "aadhaar no: [AADHAAR_1] is mistyped"),
            ("PAN ABCPE1234F", "PAN [PAN_1]"),
            ("pan abcpe1234f", "pan [PAN_1]"),
            ("PAN: ABCPE 1234 F", "PAN: [PAN_1]"),
            ("charged on 4111 1111 1111 1111 twice", "charged on [CARD_1] twice"),
            ("charged on 4111-1111-1111-1111 twice", "charged on [CARD_1] twice"),
            ("amex 3782 822463 10005", "amex [CARD_1]"),
            ("paid to asha.rao@okaxis", "paid to [UPI_1]"),
            ("UPI id 9876543210@ybl", "UPI id [UPI_1]"),
            ("I paid shop77@somenewbank by UPI", "I paid [UPI_1] by UPI"),
            ("IFSC SBIN0004321", "IFSC [IFSC_1]"),
            ("GSTIN 27AAPFU0939F1ZV on the bill", "GSTIN [GSTIN_1] on the bill"),
            ("a/c no. 50100123456789 is frozen", "a/c no. [ACCOUNT_1] is frozen"),
            ("my account number is 1234 5678 9012 34", "my account number is [ACCOUNT_1]"),
            ("voter card ABX1234567", "voter card [VOTER_ID_1]"),
            ("passport M1234567", "passport [PASSPORT_1]"),
            ("my car KA 05 MJ 1234", "my car [VEHICLE_1]"),
            ("22 BH 1234 AB was towed", "[VEHICLE_1] was towed"),
            ("licence KA-0520110012345", "licence [DRIVING_LICENCE_1]"),
            ("date of birth: 14/07/1990", "date of birth: [BIRTH_DATE_1]"),
            ("born on 3 March 1988", "born on [BIRTH_DATE_1]"),
            ("I live at Flat 4B, Sea View, Link Road, Mumbai 400058 now", "I live at [ADDRESS_1] now"),
            ("residing at 12, 3rd Main, Indiranagar, Bengaluru 560038", "residing at [ADDRESS_1]"),
        ])
    func kinds(question: String, expected: String) async throws {
        #expect(try await filter(question).question == expected)
    }

    @Test(
        "Names after a cue, and well-known names, are replaced",
        arguments: [
            ("My name is Zubin Xyzwala.", "My name is [NAME_1]."),
            ("my name is zubin and I want a refund", "my name is [NAME_1] and I want a refund"),
            ("MY NAME IS RAVI KUMAR", "MY NAME IS [NAME_1]"),
            ("I, Ravi K. Menon, complain", "I, [NAME_1], complain"),
            ("this is Ravi Menon calling", "this is [NAME_1] calling"),
            ("Refund me.\nRegards,\nMeera Nair", "Refund me.\nRegards,\n[NAME_1]"),
            ("Mr. Xyzwala and Smt. Leela", "Mr. [NAME_1] and Smt. [NAME_2]"),
            ("S/o Ramesh Chand", "S/o [NAME_1]"),
            ("मेरा नाम Pooja Singh है", "मेरा नाम [NAME_1] है"),
            ("Yesterday Meera D'Souza's phone broke", "Yesterday [NAME_1]'s phone broke"),
        ])
    func names(question: String, expected: String) async throws {
        #expect(try await filter(question).question == expected)
    }

    @Test(
        "What looks alike but is nobody's survives",
        arguments: [
            "I am a consumer. I am writing about the District Commission in Navi Mumbai.",
            "this is Amazon calling about Tata Motors, Vijay Sales and State Bank of India",
            "Order 403-1234567-7654321, order no. 9876543210, AWB: 7654321098, tracking id 8765432109",
            "invoice INV1234567 and OD249789996992127859",
            "I paid Rs. 9,87,654 and ₹12,34,56,789 on 12-10-2023 and {$1000.00} on 2023-10-12",
            "Helplines 1915, 14404, 1800-11-4000 and 1800 2100 123",
            "Section 39(1)(d) and rule 6(3) of Act No. 35 of 2019, page 999941057059",
            "Dr. Reddy's Laboratories and Nehru Place and Gandhi Nagar and Bose Road",
            "Consumer Protection Act, 2019: Central Authority, National Consumer Disputes Redressal Commission",
            "PIN 560001, OTP 123456, 4G, 12 kg @ 50, meet @ 5, 18% p.a.",
            "Complaint by XXXX XXXX against XXXX",
            "Not a card: 4111 1111 1111 1112. Not a PAN: ABCDE123F. Not an IFSC: HDFC1001234.",
            "I live in Pune. The address of the shop is not known.",
        ])
    func kept(question: String) async throws {
        #expect(try await filter(question) == Filtered(question: question, redactions: [:]))
    }

    @Test("The longest wins: a tax registration holds a PAN, a payment id a phone number")
    func longestWins() async throws {
        let output = try await filter("27AAPFU0939F1ZV 9876543210@ybl 9876543210@example.com")
        #expect(output.question == "[GSTIN_1] [UPI_1] [EMAIL_1]")
    }

    @Test("The same value gets the same placeholder in every way of writing it")
    func sameValue() async throws {
        let phones = try await filter("98765 43210, +91-9876543210, 09876543210, 9123456780, (98765) 43210")
        #expect(phones.question == "[PHONE_1], [PHONE_1], [PHONE_1], [PHONE_2], [PHONE_1]")
        #expect(phones.redactions == ["PHONE": 5])
        let mails = try await filter("Asha@Example.com asha@example.com ravi@example.com")
        #expect(mails.question == "[EMAIL_1] [EMAIL_1] [EMAIL_2]")
        let names = try await filter("My name is Zubin Xyzwala. Zubin Xyzwala wants a refund.")
        #expect(names.question == "My name is [NAME_1]. [NAME_1] wants a refund.")
    }

    @Test("Placeholders in the text stay, and numbering goes on above them")
    func placeholders() async throws {
        let output = try await filter("[PHONE_3] and [NAME_1] know 98765 43210; my name is Asha Rao")
        #expect(output.question == "[PHONE_3] and [NAME_1] know [PHONE_4]; my name is [NAME_2]")
    }

    @Test("A number is not hidden by the form of a placeholder")
    func disguisedPlaceholder() async throws {
        #expect(try await !filter("[PHONE_9876543210]").question.contains("9876543210"))
    }

    @Test("Every sample event passes, and none keeps what its file marks as personal")
    func sampleEvents() async throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../functions/pii-filter/events").standardized
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "json" }
        #expect(files.count >= 4)
        for file in files {
            let output = try await AnyFunction(PIIFilter())
                .invoke(try Data(contentsOf: file), context: .testing(functionName: "pii-filter"))
            let filtered = try JSONDecoder().decode(Filtered.self, from: output)
            #expect(
                filtered.redactions.isEmpty == file.lastPathComponent.hasPrefix("clean"), "\(file.lastPathComponent)")
        }
    }
}
