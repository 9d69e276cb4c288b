import FunctionKit
package import History
package import Messaging

extension RunEnd {
    /// The end of a run whose message is a dead letter, as far as the letter itself tells of it.
    package init(of letter: Message) {
        let reason = MessageHeaders.deathReason(letter.headers)
        let headers = try? MessageHeaders(letter.headers)
        var explanation: String?
        // The broker's own reason is another than that of the last attempt.
        if reason == headers?.errorCode, let function = headers?.failedFunction, let told = headers?.errorExplanation {
            explanation = "`\(function)` failed: \(told)"
        } else if let bytes = letter.unreadBodyBytes {
            explanation = "its body of \(bytes) bytes is too long for any host"
        }
        self = .without(.failed, reason: reason, costNanoUSD: headers?.costNanoUSD ?? 0, explanation: explanation)
    }
}
