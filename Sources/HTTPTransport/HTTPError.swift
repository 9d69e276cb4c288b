/// Why there is no answer, and whether the request may have been acted upon.
package enum HTTPError: Error, Sendable, Hashable {
    /// The URL or a header cannot be sent. Nothing was sent.
    case invalidRequest
    /// No connection was made: unknown host, refused, TLS. Nothing was sent.
    case notConnected(reason: String)
    /// The time was up. `wasSent` is false only where nothing can have been sent.
    case timedOut(wasSent: Bool)
    /// The connection broke. `wasSent` is false only where nothing can have been sent.
    case broken(wasSent: Bool, reason: String)
    /// The answer is larger than allowed. The request was acted upon.
    case tooLarge
    /// The task was cancelled. `wasSent` is false only where nothing can have been sent.
    case cancelled(wasSent: Bool)
    /// The client is shut down. Nothing was sent.
    case shutDown

    /// Whether the other side may have acted upon the request.
    ///
    /// Doubt counts as yes.
    package var wasSent: Bool {
        switch self {
        case .invalidRequest, .notConnected, .shutDown: false
        case .timedOut(let wasSent), .broken(let wasSent, _), .cancelled(let wasSent): wasSent
        case .tooLarge: true
        }
    }
}

extension HTTPError: CustomStringConvertible {
    /// One sentence for a person.
    package var description: String {
        switch self {
        case .invalidRequest: "the request cannot be sent as it is"
        case .notConnected(let reason): "no connection: \(reason)"
        case .timedOut: "the time was up"
        case .broken(_, let reason): "the connection broke: \(reason)"
        case .tooLarge: "the answer is too large"
        case .cancelled: "the request was cancelled"
        case .shutDown: "the client is shut down"
        }
    }
}
