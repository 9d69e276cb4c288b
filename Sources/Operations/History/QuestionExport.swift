import Answers
package import FoundationEssentials
import FunctionKit
package import History
import HostProcess

/// All runs of a history as JSON lines, one object each: questions with their answers, others with `input` and `output`.
///
/// Instants are ISO 8601 in UTC, what is not known is left out.
///
/// ```json
/// {"id": "…", "tenant": "acme", "state": "answered", "accepted_at": "2026-11-23T10:00:00.000Z", "finished_at": "…",
///  "question": "…", "answer": "…", "citations": [{"id": "…", "heading": "…"}], "passages": [{"id": "…", …}],
///  "degraded": false, "usage": {"input_tokens": 812, "output_tokens": 120}, "cost_nano_usd": 2838360, "model": "…",
///  "stages": [{"function": "pii-filter", "attempt": 1, "milliseconds": 0.4}]}
/// ```
package struct QuestionExport: Sendable {
    /// How many questions are in memory at a time.
    private static let pageSize = 500

    private let history: any RunHistory
    private let tenant: String?

    /// Makes an export; nothing is read before ``write(_:)``.
    ///
    /// - Parameters:
    ///   - history: Whose questions.
    ///   - tenant: Whose questions; nil for everybody's.
    package init(_ history: any RunHistory, tenant: String?) {
        self.history = history
        self.tenant = tenant
    }

    /// Hands out the lines, some at a time, each with its line break, the oldest question first.
    ///
    /// - Returns: How many questions there were.
    /// - Throws: The history's errors.
    package func write(_ body: (Data) -> Void) async throws -> Int {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var position: Int64 = 0
        var count = 0
        while case let page = try await history.runs(after: position, tenant: tenant, atMost: Self.pageSize),
            let last = page.last
        {
            var lines = Data()
            for question in page {
                lines += try Line(question.record).json(encoder)
                lines.append(UInt8(ascii: "\n"))
            }
            body(lines)
            count += page.count
            position = last.position
        }
        return count
    }
}

/// One question as its line shows it.
private struct Line: Encodable {
    struct Stage: Encodable {
        let function: String
        let attempt: Int
        let milliseconds: Double
    }

    let id, state, acceptedAt: String
    let tenant, finishedAt, question, answer, reason, opensAt, explanation, model: String?
    let citations: [Citation]?
    let passages: [Passage]?
    let isDegraded: Bool?
    let pipeline: String?
    let usage: TokenUsage?
    let costNanoUSD: Int64?
    let stages: [Stage]
    /// Of what is no question, as JSON.
    private let input, output: Data?

    private enum CodingKeys: String, CodingKey {
        case id, state, tenant, pipeline, question, answer, reason, explanation, model, citations, passages, usage,
            stages
        case acceptedAt = "accepted_at"
        case finishedAt = "finished_at"
        case opensAt = "opens_at"
        case isDegraded = "degraded"
        case costNanoUSD = "cost_nano_usd"
    }

    init(_ record: RunRecord) {
        id = record.id
        let question = record.question
        let isQuestion = question != nil || record.input == nil && record.output == nil
        state = isQuestion ? QuestionState(record.state).rawValue : record.state.rawValue
        pipeline = record.pipeline
        self.question = question
        (input, output) = isQuestion ? (nil, nil) : (record.input, record.output)
        tenant = record.tenant
        acceptedAt = Self.text(record.acceptedAt)
        finishedAt = record.finishedAt.map(Self.text)
        reason = record.reason
        opensAt = record.opensAt.map(Self.text)
        explanation = record.explanation
        let answered = isQuestion ? record.answer : nil
        answer = answered?.answer
        citations = answered?.citations
        passages = answered?.passages
        isDegraded = answered?.isDegraded
        usage = answered?.usage
        costNanoUSD = record.state == .done ? record.costNanoUSD : nil
        model = answered?.model
        stages = record.stages.map {
            Stage(function: $0.function, attempt: $0.attempt, milliseconds: $0.milliseconds)
        }
    }

    /// The line, without its line break.
    ///
    /// What is no question's stands in it as it was given.
    func json(_ encoder: JSONEncoder) throws -> Data {
        var line = try encoder.encode(self)
        for (name, value) in [("input", input), ("output", output)] {
            guard let value else { continue }
            // Between the parts of JSON a line break is a space.
            let text = value.map { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") ? UInt8(ascii: " ") : $0 }
            line = line.dropLast() + Data(",\"\(name)\":".utf8) + text + Data("}".utf8)
        }
        return line
    }

    private static func text(_ instant: Date) -> String {
        instant.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}
