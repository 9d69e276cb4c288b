import FoundationEssentials
import HTTPTransport
import Spending

/// Posts alerts to a webhook until it takes them, within the limits of ``AlertWebhook`` and ``AlertRetry``.
struct WebhookClient: Sendable {
    let webhook: AlertWebhook
    let client: HTTPClient
    let clock: any Clock<Duration>
    let now: @Sendable () -> Date
    let spread: @Sendable () -> Double

    /// The most bytes of an answer's body, which nobody reads.
    static let answerBytesMax = 1 << 20

    /// What one attempt came to.
    private enum Outcome {
        case taken
        /// Another attempt may do; the receiver may have asked for a wait.
        case failed(AlertDeliveryError.Reason, asked: Duration?)
    }

    /// Returns once the receiver has answered 2xx.
    func post(_ alert: BudgetAlert) async throws(AlertDeliveryError) {
        let body = AlertPayload(alert).json
        var attempt = 1
        while case .failed(let reason, let asked) = try await send(body, id: alert.id) {
            guard attempt < webhook.attemptsMax else {
                throw .unavailable(origin: webhook.origin, attempts: attempt, last: reason)
            }
            do {
                try await clock.sleep(for: AlertRetry.wait(afterAttempt: attempt, spread: spread(), asked: asked))
            } catch {
                throw .cancelled
            }
            attempt += 1
        }
    }

    private func send(_ body: Data, id: String) async throws(AlertDeliveryError) -> Outcome {
        // Signed for each attempt, so that a late one is not refused as a recorded one.
        let signature = AlertSignature(of: body, secret: webhook.secret, at: now())
        let request = HTTPRequest(
            method: "POST", url: webhook.url,
            headers: [
                ("Content-Type", "application/json"), (AlertSignature.header, signature.value),
                ("Sluice-Alert-Id", id), ("User-Agent", "sluice/0.1.0"),
            ],
            body: body, timeout: webhook.timeout, responseBytesMax: Self.answerBytesMax)
        let response: HTTPResponse
        do {
            response = try await client.send(request)
        } catch {
            switch error {
            case .cancelled, .shutDown: throw .cancelled
            case .invalidRequest: throw .unsendable(origin: webhook.origin)
            case .tooLarge: throw .answerTooLarge(origin: webhook.origin)
            case .notConnected, .timedOut, .broken: return .failed(.transport(error), asked: nil)
            }
        }
        if (200..<300).contains(response.status) { return .taken }
        guard AlertRetry.mayPass(status: response.status) else {
            throw .refused(origin: webhook.origin, status: response.status)
        }
        return .failed(.status(response.status), asked: AlertRetry.asked(response.headers["retry-after"]))
    }
}
