package import HTTPTransport

/// Why the webhook did not take an alert.
///
/// Each is final for this delivery; the alert stays unconfirmed in the ledger, which gives it again later. No case and
/// no description holds the secret, the body, or more of the URL than ``AlertWebhook/origin``.
package enum AlertDeliveryError: Error, Sendable, Hashable {
    /// The receiver answered with a status that another attempt does not change: 3xx, or 4xx but 408, 425 and 429.
    ///
    /// It was asked no further; somebody has to change the settings or the receiver.
    case refused(origin: String, status: Int)
    /// All attempts failed in a way that may pass: no connection, no answer in time, 408, 425, 429 or 5xx.
    case unavailable(origin: String, attempts: Int, last: Reason)
    /// The receiver answered with a body that is too large to be an acknowledgement; it was asked no further.
    case answerTooLarge(origin: String)
    /// The request cannot be sent as it is: libcurl takes the URL for something else.
    case unsendable(origin: String)
    /// The task was cancelled or the client is shut down; the receiver may have the alert or not.
    case cancelled

    /// What one attempt failed with.
    package enum Reason: Sendable, Hashable {
        /// The status of the answer.
        case status(Int)
        /// Why there is no answer.
        case transport(HTTPError)
    }
}

extension AlertDeliveryError: CustomStringConvertible {
    /// What happened and what to do, in one line.
    package var description: String {
        switch self {
        case .refused(let origin, let status):
            "the alert webhook at \(origin) answered \(status) and is not asked again now: \(Self.advice(status))"
        case .unavailable(let origin, let attempts, let last):
            """
            the alert webhook at \(origin) took the alert in none of \(attempts) attempts, at last \(Self.text(last)): \
            see that it runs and can be reached from here; the alert is kept and sent again later
            """
        case .answerTooLarge(let origin):
            """
            the alert webhook at \(origin) answers with more than \(WebhookClient.answerBytesMax) bytes: \
            see that SLUICE_ALERT_WEBHOOK names a receiver of alerts, and let it answer 204 without a body
            """
        case .unsendable(let origin):
            "the alert webhook at \(origin) cannot be asked: write SLUICE_ALERT_WEBHOOK as https://host/path"
        case .cancelled:
            "the alert was not delivered, because the host stops: it is kept and sent again after the next start"
        }
    }

    private static func text(_ reason: Reason) -> String {
        switch reason {
        case .status(let status): "status \(status)"
        case .transport(let error): "\(error)"
        }
    }

    private static func advice(_ status: Int) -> String {
        switch status {
        case 300..<400: "redirects are not followed; write the address it leads to in SLUICE_ALERT_WEBHOOK"
        case 401, 403: "see that the receiver checks signatures with the secret that is set here"
        case 404, 405, 410: "correct the path in SLUICE_ALERT_WEBHOOK"
        default: "see the receiver's own log for what it misses"
        }
    }
}
