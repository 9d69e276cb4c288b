import FoundationEssentials
import HTTPTypes
import Hummingbird

/// A refusal of the invoke API, in words that Lambda's clients know; that a function failed is none.
struct LambdaError: Error, Hashable {
    /// Lambda's names, with their statuses and the spelling of their message's key.
    ///
    /// From botocore 1.43.11, service model of 2015-03-31; that of access is common to all of AWS's services.
    enum Kind: String, CaseIterable {
        case access = "AccessDeniedException"
        case content = "InvalidRequestContentException"
        case notFound = "ResourceNotFoundException"
        case parameter = "InvalidParameterValueException"
        /// The host's own trouble, or its end: the same call may succeed elsewhere or later.
        case service = "ServiceException"
        case tooLarge = "RequestTooLargeException"
        case tooMany = "TooManyRequestsException"

        var status: HTTPResponse.Status {
            switch self {
            case .access: .forbidden
            case .content, .parameter: .badRequest
            case .notFound: .notFound
            case .service: .internalServerError
            case .tooLarge: .contentTooLarge
            case .tooMany: .tooManyRequests
            }
        }

        /// The key of the sentence in the error's body.
        var messageKey: String {
            switch self {
            case .access, .notFound, .service: "Message"
            case .content, .parameter, .tooLarge, .tooMany: "message"
            }
        }
    }

    /// Why a call is one too many, of Lambda's own set.
    enum Throttle: String {
        /// The host has no room for its payload.
        case host = "ConcurrentInvocationLimitExceeded"
        /// The function runs as often at a time as its manifest allows.
        case concurrency = "ReservedFunctionConcurrentInvocationLimitExceeded"
        /// A budget has no room, or the very same call is under way.
        case rate = "FunctionInvocationRateLimitExceeded"
    }

    let kind: Kind
    /// For a person, with what to do; no payload.
    let message: String
    private(set) var throttle: Throttle?
    /// In whole seconds.
    private(set) var retryAfter: Int?

    init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    /// One call too many.
    init(_ throttle: Throttle, _ message: String, retryAfter: Int? = 1) {
        self.init(.tooMany, message)
        self.throttle = throttle
        self.retryAfter = retryAfter
    }

    /// The host ends; another one, or the next, takes the call.
    static var ending: LambdaError {
        var error = LambdaError(.service, "the host is ending; call again in a moment")
        error.retryAfter = 1
        return error
    }

    /// The error as clients read it.
    var reply: Reply {
        var facts = [kind.messageKey: message, "Type": kind == .service ? "Service" : "User"]
        facts["Reason"] = throttle?.rawValue
        var reply = Reply(kind.status, facts)
        reply.headers[named: "x-amzn-ErrorType"] = kind.rawValue
        if let retryAfter { reply.headers[.retryAfter] = "\(retryAfter)" }
        return reply
    }
}

extension HTTPFields {
    /// The field of a name; nil for a text that is no name.
    subscript(named name: String) -> String? {
        get { HTTPField.Name(name).flatMap { self[$0] } }
        set { if let name = HTTPField.Name(name) { self[name] = newValue } }
    }
}
