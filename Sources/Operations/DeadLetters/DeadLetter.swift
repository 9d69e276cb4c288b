import Composition
import Documents
import FoundationEssentials
import FunctionHost
import Messaging

/// A message that nobody could deal with, as operators see it.
package struct DeadLetter: Encodable, Sendable {
    /// Names it to commands: its own id, or what stands for one.
    let id: String
    /// Whose dead-letter queue it is in.
    let function: String
    /// The constant name of what went wrong; nil where another program buried it.
    let error: String?
    /// What went wrong, for a person: the field that is missing, the type of a foreign error; nil where the name says it all.
    let explanation: String?
    let failedAt: String?
    let attempt: Int
    let tenant: String?
    let expiresAt: String?
    let bytes: Int
    /// Whether the body is too long for this program and left unread.
    private let isUnread: Bool
    /// The body; nil unless it was asked for.
    var payload: String?

    private enum CodingKeys: String, CodingKey {
        case id, function, error, explanation, attempt, tenant, bytes, payload
        case failedAt = "failed_at"
        case expiresAt = "expires_at"
    }

    init(_ message: Message, function: String, showsPayload: Bool = false) {
        let headers = (try? MessageHeaders(message.headers)) ?? MessageHeaders()
        id = message.runID
        self.function = function
        let reason = MessageHeaders.deathReason(message.headers)
        error = reason == MessageHeaders.reasonUnknown ? nil : reason
        explanation = error == headers.errorCode ? headers.errorExplanation : nil
        failedAt = headers.failedAt?.formatted(.iso8601)
        attempt = headers.attempt
        tenant = headers.tenant
        expiresAt = headers.expiresAt?.formatted(.iso8601)
        bytes = message.bodyBytes
        isUnread = message.unreadBodyBytes != nil
        if showsPayload, !isUnread { payload = String(decoding: message.body, as: UTF8.self) }
    }

    /// How to get at a body that is too long for this program.
    static func wayToLongBody(_ function: String) -> String {
        "too long for Sluice; take it from the queue \(FunctionQueues(function: function).dead) with RabbitMQ's own tools"
    }

    /// All that is known of it, and its body where that was asked for.
    var section: Section {
        var facts = [Fact("id", id), Fact("function", function), Fact("error", error ?? "-")]
        if let explanation { facts.append(Fact("because", explanation)) }
        facts += [Fact("failed at", failedAt ?? "-"), Fact("attempt", "\(attempt)")]
        if let tenant { facts.append(Fact("tenant", tenant)) }
        if let expiresAt { facts.append(Fact("expires at", expiresAt)) }
        let more = isUnread ? "; \(Self.wayToLongBody(function))" : payload == nil ? "; add --payload to print it" : ""
        facts.append(Fact("body", "\(bytes) bytes" + more))
        return Section([.facts(facts)] + (payload.map { [.verbatim($0)] } ?? []))
    }

    /// Letters as rows; their bodies are among the records where they were asked for.
    static func table(_ letters: [DeadLetter]) -> Table {
        let showsPayloads = letters.contains { $0.payload != nil }
        return Table(
            columns: [
                Column("id", "ID", importance: .high, isWhole: true),
                Column("function", "Function", importance: .high),
                Column("error", "Error", importance: .high),
                Column("attempt", "Attempt", isNumeric: true, importance: .low),
                Column("failed_at", "Failed at", isWhole: true),
                Column("bytes", "Bytes", isNumeric: true, importance: .low),
                Column("explanation", "Because", importance: .record), Column("tenant", "Tenant", importance: .record),
                Column("expires_at", "Expires at", importance: .record),
            ] + (showsPayloads ? [Column("payload", "Body", importance: .record)] : []),
            rows: letters.map { letter in
                func text(_ words: String?) -> Cell { words.map(Cell.text) ?? .none }
                return [
                    .text(letter.id), .text(letter.function), text(letter.error), .count(letter.attempt),
                    text(letter.failedAt), .count(letter.bytes), text(letter.explanation), text(letter.tenant),
                    text(letter.expiresAt),
                ] + (showsPayloads ? [text(letter.payload)] : [])
            })
    }
}
