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
            return isAboutInput(message) ? nil : share(message) ?? (isAboutModel(message) ? .notFound : .refused)
        }
        if requests.contains(name) { return nil }
        if signatures.contains(name) { return isAboutTime(message) ? .clock : .credentials }
        for (kind, names) in names where names.contains(name) {
            return kind == .throttled ? share(message) ?? kind : kind
        }
        return trouble(status: status, message: message)
    }

    private static func trouble(status: Int, message: String) -> HostTrouble.Kind? {
        switch status {
        // The service always names its reason; what has none comes from in between, unless it speaks of the input.
        case 400: isAboutInput(message) ? nil : share(message) ?? .refused
        case 401: .credentials
        case 402, 403: .access
        case 404, 410: .notFound
        case 429: share(message) ?? .throttled
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

    /// What a refusal says of the account's share of the service, or of the service's own room; nil where it says nothing of it.
    private static func share(_ message: String) -> HostTrouble.Kind? {
        if used.contains(where: message.contains) { return .quota }
        return rates.contains(where: message.contains) || message.contains(/per[ _-](second|sec|minute|min|hour)\b/)
            ? .throttled : waits.contains(where: message.contains) ? .unavailable : nil
    }

    /// What is used up until a day is over or somebody pays.
    private static let used = [
        "per day", "per_day", "per-day", "per week", "per month", "daily", "monthly", "today", "this day", "this week",
        "this month", "quota", "credit balance", "out of credit",
        "insufficient credit", "budget has been exceeded", "spending limit", "spend limit", "billing",
    ]

    /// "Too many tokens, please wait" and "input token rate limit exceeded" speak of no input.
    private static let rates = [
        "please wait", "wait before", "throttl", "rate exceeded", "rate limit", "rate-limit", "ratelimit", "rate_limit",
        "too many requests", "too many concurrent", "concurrency limit", "concurrent requests", "try again later",
        "try again in ", "try again after", "retry after", "retry in ", "retry later", "slow down", "at capacity",
        "no capacity", "capacity exceeded", "capacity exhausted", "insufficient capacity", "enough capacity",
        "capacity constraint", "capacity is not", "capacity isn't", "this second", "this minute", "this hour",
        "in queue", "in the queue", "overloaded", "queue is full", "server is busy", "model is busy", "high demand",
    ]

    /// What took too long is not the input that is too long, and what broke off while it was read was not too large.
    private static let waits = [
        "took too long", "taking too long", "waited too long", "waiting too long", "too long to ", "timed out",
        "timeout",
        "time limit", "deadline", "temporarily", "connection reset", "connection closed", "unexpected eof",
        "unexpected end of",
    ]

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
        // Parts of a request that no message brings.
        let isAboutOthers = message.contains(
            /\b(headers?|cookies?|ur[il]|query string|token is|signature|credentials?)\b/)
        guard share(message) == nil, !isAboutOthers else { return false }
        return [
            "input is too", "input too", "input length", "input token", "context length", "context window",
            "context limit",
            "too long", "request body is too", "request body too", "request body exceed", "request is too large",
        ].contains(where: message.contains)
    }
}
