package import HTTPTransport

/// Why a call to Bedrock gave no answer.
///
/// ``wasSurelyNotPaid`` decides what becomes of the reservation.
package enum BedrockError: Error, Sendable, Hashable {
    /// The reservation was made for another model or another body. Nothing was sent.
    case notReserved
    /// There are no credentials. Nothing was sent.
    case noCredentials(AWSCredentialsError)
    /// No whole answer came; the error says whether anything was sent.
    case transport(HTTPError)
    /// The service answered with an error.
    case refused(ServiceRefusal)

    /// Whether the service certainly charges nothing.
    ///
    /// Doubt counts as paid.
    package var wasSurelyNotPaid: Bool {
        switch self {
        case .notReserved, .noCredentials: true
        case .transport(let error): !error.wasSent
        case .refused(let refusal): refusal.isSurelyNotPaid
        }
    }
}

extension BedrockError: CustomStringConvertible {
    /// One sentence for a person; it holds nothing of the request or the answer but the service's name for the error.
    package var description: String {
        switch self {
        case .notReserved: "the request is not the one that its reservation was made for"
        case .noCredentials(let error): error.description
        case .transport(let error): "Bedrock was not reached, or its answer was lost: \(error)"
        case .refused(let refusal): "Bedrock answered \(refusal.status) (\(refusal.code))"
        }
    }
}
