import Foundation
import FunctionKit
import FunctionTesting
import PIIFilter
import SharedData
import Testing

/// Holds the filter to measured shares; each threshold is a little below what was measured.
@Suite(.enabled(if: SharedData.isPresent))
struct PIIFilterSharedDataTests {
    private struct Sentence: Decodable {
        struct Span: Decodable {
            let start: Int
            let end: Int
            let type: String
            let value: String
        }
        let text: String
        let spans: [Span]
    }

    private struct Identifier: Decodable {
        let kind: String
        let value: String
        let valid: Bool
    }

    private struct Vector: Decodable {
        let entity: String
        let text: String
        let expectedCount: Int

        enum CodingKeys: String, CodingKey {
            case entity, text
            case expectedCount = "expected_count"
        }
    }

    private struct Complaint: Decodable { let narrative: String }

    private struct Filtered: Decodable {
        let question: String
        let redactions: [String: Int]
    }

    private func filter(_ text: String) async throws -> Filtered {
        let payload = try JSONEncoder().encode(["question": text])
        let output = try await AnyFunction(PIIFilter()).invoke(payload, context: .testing(functionName: "pii-filter"))
        return try JSONDecoder().decode(Filtered.self, from: output)
    }

    private static let labels = [
        "PERSON": "NAME", "PHONE_NUMBER": "PHONE", "EMAIL_ADDRESS": "EMAIL", "CREDIT_CARD": "CARD",
        "BANK_ACCOUNT": "ACCOUNT",
        "DATE_OF_BIRTH": "BIRTH_DATE", "IN_VOTER": "VOTER_ID", "IN_VEHICLE_REGISTRATION": "VEHICLE",
        "phone_in": "PHONE",
        "voter_epic": "VOTER_ID",
    ]

    private func label(_ type: String) -> String {
        Self.labels[type] ?? type.replacing("IN_", with: "").uppercased()
    }

    /// Whether a span is gone: not itself, no longer word or number of it that the rest of the text does not have, and its
    /// kind is replaced as often as the sentence has it.
    private func isCovered(_ span: Sentence.Span, of sentence: Sentence, in output: Filtered) -> Bool {
        let scalars = Array(sentence.text.unicodeScalars)
        var rest = String.UnicodeScalarView()
        for (index, scalar) in scalars.enumerated() {
            rest.append(sentence.spans.contains { ($0.start..<$0.end).contains(index) } ? " " : scalar)
        }
        let others = String(rest)
        let words = span.value.split { !$0.isLetter && !$0.isNumber }.filter { $0.count >= 4 && !others.contains($0) }
        let count = sentence.spans.count { $0.type == span.type }
        return !output.question.contains(span.value) && !words.contains { output.question.contains($0) }
            && output.redactions[label(span.type), default: 0] >= count
    }

    @Test("The spans of the Indian sentences are covered")
    func sentences() async throws {
        var spans: [String: Int] = [:]
        var covered: [String: Int] = [:]
        var altered = 0
        for sentence in try SharedData.records("pii/india-sentences-dev.jsonl", as: Sentence.self) {
            let output = try await filter(sentence.text)
            if sentence.spans.isEmpty, output.question != sentence.text { altered += 1 }
            for span in sentence.spans {
                spans[label(span.type), default: 0] += 1
                if isCovered(span, of: sentence, in: output) { covered[label(span.type), default: 0] += 1 }
            }
        }
        #expect(spans.count == 15)
        for (kind, count) in spans {
            let least = kind == "NAME" || kind == "ADDRESS" ? 0.95 : 0.99
            #expect(Double(covered[kind, default: 0]) / Double(count) >= least, "\(kind)")
        }
        #expect(altered == 0)
    }

    @Test("Valid identifiers are found, and broken ones with a check digit are not")
    func identifiers() async throws {
        let checked: Set = ["aadhaar", "gstin", "card", "pan", "ifsc", "upi"]
        for identifier in try SharedData.records("pii/india-id-vectors-dev.jsonl", as: Identifier.self) {
            let output = try await filter(identifier.value)
            let isFound = output.redactions[label(identifier.kind)] != nil
            if identifier.valid || checked.contains(identifier.kind) {
                #expect(isFound == identifier.valid, "\(identifier.kind)")
            }
        }
    }

    @Test("Another recogniser's Indian vectors are met, but for wrong check characters and old plates")
    func vectors() async throws {
        var wrong = 0
        var count = 0
        for vector in try SharedData.records("pii/presidio-vectors-dev.jsonl", as: Vector.self)
        where vector.entity.hasPrefix("IN_") || vector.entity == "EMAIL_ADDRESS" {
            let output = try await filter(vector.text)
            count += 1
            if output.redactions[label(vector.entity), default: 0] != vector.expectedCount { wrong += 1 }
        }
        #expect(count > 30)
        #expect(wrong <= 5)
    }

    @Test("Complaints whose personal data is masked already are left alone", .timeLimit(.minutes(1)))
    func complaints() async throws {
        let complaints = try SharedData.records("complaints/cfpb-narratives-dev.jsonl", as: Complaint.self)
        var altered = 0
        for complaint in complaints where try await filter(complaint.narrative).question != complaint.narrative {
            altered += 1
        }
        #expect(complaints.count > 500)
        #expect(altered <= 6)
    }

    @Test("The Act's text is left alone, but for at most two places")
    func act() async throws {
        let folder = try #require(SharedData.folder)
        let text = try String(contentsOf: folder.appending(path: "kb/cpa2019.txt"), encoding: .utf8)
        var redactions = 0
        var start = text.startIndex
        while start < text.endIndex {
            let end = text.index(start, offsetBy: 2_000, limitedBy: text.endIndex) ?? text.endIndex
            let output = try await filter("." + text[start..<end])
            redactions += output.redactions.values.reduce(0, +)
            start = end
        }
        #expect(redactions <= 2)
    }
}
