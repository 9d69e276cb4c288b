import FoundationEssentials

/// An error in the words and with the status that AWS uses.
struct ServiceException: Error, Hashable {
    let status: Int
    let code: String
    let message: String

    /// The body that carries the message, as in `{"message":"..."}`.
    var body: Data {
        // A dictionary of text: the encoder has no reason to fail.
        (try? JSONEncoder().encode(["message": message])) ?? Data("{}".utf8)
    }

    static func validation(_ message: String) -> ServiceException {
        ServiceException(status: 400, code: "ValidationException", message: message)
    }

    static func malformed(_ detail: String) -> ServiceException {
        validation("Malformed input request: \(detail), please reformat your input and try again.")
    }

    static func badSignature(_ message: String) -> ServiceException {
        ServiceException(status: 403, code: "InvalidSignatureException", message: message)
    }

    static let missingToken = ServiceException(
        status: 403, code: "MissingAuthenticationTokenException", message: "Missing Authentication Token")
    static let unknownKey = ServiceException(
        status: 403, code: "UnrecognizedClientException",
        message: "The security token included in the request is invalid.")
    static let accessDenied = ServiceException(
        status: 403, code: "AccessDeniedException",
        message: "You don't have access to the model with the specified model ID.")
    static let unknownOperation = ServiceException(
        status: 404, code: "UnknownOperationException", message: "The requested operation is not recognized.")
    static let unknownARN = ServiceException(
        status: 404, code: "ResourceNotFoundException", message: "The provided model ARN was not found.")
    static let throttled = ServiceException(
        status: 429, code: "ThrottlingException",
        message: "Too many requests, please wait before trying again.")
    static let internalError = ServiceException(
        status: 500, code: "InternalServerException",
        message: "The system encountered an unexpected error during processing. Try your request again.")
    static let unavailable = ServiceException(
        status: 503, code: "ServiceUnavailableException", message: "Bedrock is unable to process your request.")
}
