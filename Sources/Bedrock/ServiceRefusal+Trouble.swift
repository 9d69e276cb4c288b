import FoundationEssentials
import FunctionKit

// Whose fault a refusal is. Names: the errors of InvokeModel, and those that all services of AWS share, by which its own
// clients tell clocks, keys and throttling: <https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html>.
extension ServiceRefusal {
    /// What is wrong with the host, the account or the service; nil where it is the request itself.
    ///
    /// A status that says nothing of the request is never the request's fault: another host may stand behind another proxy.
    static func trouble(status: Int, code: String, message: String) -> HostTrouble.Kind? {
        let message = message.lowercased().replacing("\u{2019}", with: "'")
        let name = code.hasSuffix("Exception") ? String(code.dropLast("Exception".count)) : code
        if name == "Validation" || name == "ValidationError" {
            if isAboutRate(message) { return .throttled }
            if isAboutInput(message) { return nil }
            return isAboutModel(message) ? .notFound : .refused
        }
        if requests.contains(name) { return nil }
        if signatures.contains(name) { return isAboutTime(message) ? .clock : .credentials }
        for (kind, names) in names where names.contains(name) {
            return kind == .throttled && isAboutQuota(message) ? .quota : kind
        }
        return trouble(status: status, message: message)
    }

    private static func trouble(status: Int, message: String) -> HostTrouble.Kind? {
        switch status {
        // The service always names its reason; what has none comes from in between, unless it speaks of the input.
        case 400: isAboutRate(message) ? .throttled : isAboutInput(message) ? nil : .refused
        case 401: .credentials
        case 402, 403: .access
        case 404, 410: .notFound
        case 429: .throttled
        case 408, 424, 425, 500, 502, 503, 504, 507, 508, 520...529: .unavailable
        default: status < 500 ? .refused : .unavailable
        }
    }

    /// What the service says of the request itself; a size that only something in between does not take has no name.
    private static let requests: Set<String> = ["RequestEntityTooLarge"]

    private static let signatures: Set<String> = ["InvalidSignature", "SignatureDoesNotMatch", "IncompleteSignature"]

    private static let names: [(HostTrouble.Kind, Set<String>)] = [
        (.clock, ["RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture", "SignatureExpired"]),
        (
            .credentials,
            [
                "UnrecognizedClient", "ExpiredToken", "InvalidToken", "TokenRefreshRequired", "InvalidClientTokenId",
                "InvalidAccessKeyId", "MissingAuthenticationToken", "MissingAuthenticationTokenId", "AuthFailure",
                "InvalidSecurity", "InvalidSecurityToken", "NotAuthenticated",
            ]
        ),
        (
            .access,
            [
                "AccessDenied", "UnauthorizedOperation", "Unauthorized", "NotAuthorized", "OptInRequired",
                "AuthorizationError", "SubscriptionRequired", "PaymentRequired", "AccountProblem",
            ]
        ),
        (.notFound, ["ResourceNotFound", "UnknownOperation", "InvalidAction", "ModelNotFound", "NoSuchModel"]),
        (.quota, ["ServiceQuotaExceeded", "LimitExceeded", "QuotaExceeded"]),
        (
            .throttled,
            [
                "Throttling", "Throttled", "ThrottledRequest", "RequestThrottled", "TooManyRequests",
                "RequestLimitExceeded", "BandwidthLimitExceeded", "ProvisionedThroughputExceeded", "SlowDown",
                "PriorRequestNotComplete", "TransactionInProgress",
            ]
        ),
        (
            .unavailable,
            [
                "ServiceUnavailable", "InternalServer", "InternalServerError", "InternalFailure", "InternalError",
                "ModelError", "ModelTimeout", "ModelNotReady", "ModelStreamError", "RequestTimeout", "Conflict",
                "ResourceInUse",
            ]
        ),
    ]

    private static func isAboutTime(_ message: String) -> Bool {
        ["expired", "not yet current", "is now earlier", "is now later", "skew"].contains(where: message.contains)
    }

    private static func isAboutQuota(_ message: String) -> Bool {
        ["per day", "daily", "quota"].contains(where: message.contains)
    }

    /// "Too many tokens, please wait" speaks of no input.
    private static func isAboutRate(_ message: String) -> Bool {
        ["please wait", "rate exceeded", "too many requests", "throttl"].contains(where: message.contains)
    }

    /// The service says so of a model that it does not have, or not in this way, for whatever input.
    private static func isAboutModel(_ message: String) -> Bool {
        [
            "model identifier", "model id", "'modelid'", "model arn", "modelarn", "inference profile",
            "on-demand throughput", "operation not allowed", "not authorized", "access to the model", "end of its life",
            "use case details",
            "account", "region", "endpoint", "guardrail", "inference configuration", "service tier",
            "isn't supported in", "not supported in", "support the model", "foundation model", "model version",
            "legacy",
        ].contains(where: message.contains)
    }

    /// Whether a refusal surely is of what the message brought; every other one, in whatever words, meets all messages.
    ///
    /// Words alone will not do: a gateway's "Maximum number of connections exceeded" speaks of no input. Where the service names
    /// the place in the body, it must be the place of the input: `#/max_gen_len` is the host's own.
    private static func isAboutInput(_ message: String) -> Bool {
        if message.hasPrefix("malformed input request") {
            // "#: extraneous key [...] is not permitted" speaks of the body's shape, which is the host's.
            guard let place = message.firstMatch(of: /#\/?([a-z_]*)/)?.1 else { return true }
            return ["prompt", "inputtext", "texts", "messages"].contains(String(place))
        }
        return [
            "input is too", "input too", "input length", "input token", "context length", "context window", "too long",
            "request body", "request is too large",
        ].contains(where: message.contains)
    }
}
