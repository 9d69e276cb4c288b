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

    /// All that is known of it, a line a fact.
    var text: String {
        var rows = [["id", id], ["function", function], ["error", error ?? "-"]]
        if let explanation { rows.append(["because", explanation]) }
        rows += [["failed at", failedAt ?? "-"]]
        rows.append(["attempt", "\(attempt)"])
        if let tenant { rows.append(["tenant", tenant]) }
        if let expiresAt { rows.append(["expires at", expiresAt]) }
        let more = isUnread ? "; \(Self.wayToLongBody(function))" : payload == nil ? "; add --payload to print it" : ""
        rows.append(["body", "\(bytes) bytes" + more])
        return TextColumns.text(rows.map { [$0[0], printable($0[1])] })
            + (payload.map { "\n\(printable($0, keepsLines: true))\n" } ?? "")
    }
}

/// A text without what a terminal would act upon: ids, names and bodies may come from anywhere.
func printable(_ text: String, keepsLines: Bool = false) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
        switch scalar.properties.generalCategory {
        case .control where keepsLines && (scalar == "\n" || scalar == "\t"): result.unicodeScalars.append(scalar)
        case .control, .format, .lineSeparator, .paragraphSeparator: result += "\u{fffd}"
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result
}
