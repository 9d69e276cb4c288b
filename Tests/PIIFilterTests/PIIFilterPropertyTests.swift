import PIIFilter
import TestSupport
import Testing

@Suite struct PIIFilterPropertyTests {
    private static let pieces = [
        "my name is ", "Asha Rao", "I am ", "Ravi", "Kumar", "Regards,\n", "Mr. ", "98765 43210", "+91-9123456780",
        "9 8 7", "12",
        "4111 1111 1111 1111", "9999 4105 7058", "asha@example.com", "asha@okaxis", "@", "UPI ", "account ",
        "50100123456789",
        "ABCPE1234F", "SBIN0004321", "27AAPFU0939F1ZV", "KA 05 MJ 1234", "order no. ", "Flat 4B, ", "Mumbai 400058",
        ", ", " ", ".",
        "\n", "-", "[PHONE_1]", "[NAME_7]", "[", "]", "क", "है ", "\u{200B}", "é", "Rs. ", "9,87,654", "date of birth ",
        "14/07/1990",
        "1800-11-4000", "residing at ", "and ", "the refund ", "Commission ", "S/o ", "१२३", "XXXX ", "DL",
        "0520110012345", "A",
    ]

    private func text(_ generator: inout SeededGenerator) -> String {
        (0..<Int.random(in: 1...25, using: &generator))
            .map { _ in Self.pieces.randomElement(using: &generator) ?? "" }.joined()
    }

    @Test("The filter changes nothing in its own output", arguments: UInt64(1)...60)
    func idempotence(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<10 {
            let question = "Q " + text(&generator)
            let once = try await filter(question)
            let twice = try await filter(once.question)
            #expect(twice == Filtered(question: once.question, redactions: [:]), "\(question)")
        }
    }

    @Test("Text outside of the placeholders is what it was, in the same order", arguments: UInt64(1)...60)
    func restIsUnchanged(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<10 {
            let question = "Q " + text(&generator)
            let output = try await filter(question).question
            var rest = Array(question.unicodeScalars)[...]
            for kept in output.split(separator: /\[[A-Z_]+_[0-9]+\]/, omittingEmptySubsequences: true) {
                let scalars = Array(kept.unicodeScalars)
                let found = rest.indices.first { rest[$0...].starts(with: scalars) }
                let start = try #require(found, "\(question) -> \(output)")
                rest = rest[(start + scalars.count)...]
            }
        }
    }

    @Test("The placeholders are counted", arguments: UInt64(1)...20)
    func counted(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let question = "Q " + text(&generator).replacing("[PHONE_1]", with: "").replacing("[NAME_7]", with: "")
        let output = try await filter(question)
        let placeholders = output.question.matches(of: /\[([A-Z_]+)_[0-9]+\]/).map { String($0.output.1) }
        #expect(Dictionary(grouping: placeholders) { $0 }.mapValues(\.count) == output.redactions)
    }

    @Test(
        "No text of the longest length takes long",
        .timeLimit(.minutes(1)),
        arguments: [
            "9", "9 ", "@", "a", "a@", "a.", "a-@", "1, ", "Flat 1 ", "Ravi ", "my name is Ravi ", "९ ", "A1", "(",
            "[PHONE_",
            "pay a@b ", "2345-", "MH 12 ", "a\u{301}", "Ravi Kumar, ", "98765 43210 ", "\u{200B}", "\n", "DL 05 ",
            "born on 1 ",
        ])
    func longTexts(piece: String) async throws {
        let count = PIIFilter.questionBytesMax / piece.utf8.count - 3
        let output = try await filter("Q: " + String(repeating: piece, count: count))
        #expect(output.question.hasPrefix("Q: "))
    }
}
