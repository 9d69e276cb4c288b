package import FoundationEssentials
import FunctionKit

/// All questions of a history as JSON lines, one object each.
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

    private let history: any QuestionHistory
    private let tenant: String?

    /// Makes an export; nothing is read before ``write(_:)``.
    ///
    /// - Parameters:
    ///   - history: Whose questions.
    ///   - tenant: Whose questions; nil for everybody's.
    package init(_ history: any QuestionHistory, tenant: String?) {
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
        while case let page = try await history.questions(after: position, tenant: tenant, atMost: Self.pageSize),
            let last = page.last
        {
            var lines = Data()
            for question in page {
                lines += try encoder.encode(Line(question.record))
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
    let usage: TokenUsage?
    let costNanoUSD: Int64?
    let stages: [Stage]

    private enum CodingKeys: String, CodingKey {
        case id, state, tenant, question, answer, reason, explanation, model, citations, passages, usage, stages
        case acceptedAt = "accepted_at"
        case finishedAt = "finished_at"
        case opensAt = "opens_at"
        case isDegraded = "degraded"
        case costNanoUSD = "cost_nano_usd"
    }

    init(_ record: QuestionRecord) {
        id = record.id
        state = record.state.rawValue
        tenant = record.tenant
        acceptedAt = Self.text(record.acceptedAt)
        finishedAt = record.finishedAt.map(Self.text)
        // Where only the failure is known.
        question = record.question.isEmpty ? nil : record.question
        reason = record.reason
        opensAt = record.opensAt.map(Self.text)
        explanation = record.explanation
        answer = record.answer?.answer
        citations = record.answer?.citations
        passages = record.answer?.passages
        isDegraded = record.answer?.isDegraded
        usage = record.answer?.usage
        costNanoUSD = record.answer?.costNanoUSD
        model = record.answer?.model
        stages = record.stages.map {
            Stage(function: $0.function, attempt: $0.attempt, milliseconds: $0.milliseconds)
        }
    }

    private static func text(_ instant: Date) -> String {
        instant.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}
