import Bedrock
import Foundation
import FunctionKit
import Testing

@Suite("Whose fault a refusal is")
struct ServiceTroubleTests {
    private static let cases: [(Int, String?, String, HostTrouble.Kind?)] = [
        // The message's own: another host, later, would meet it too.
        (400, "ValidationException", "Malformed input request: #/prompt: expected minLength: 1", nil),
        (400, "ValidationException", "Input is too long for requested model.", nil),
        (400, nil, "Malformed input request", nil), (413, nil, "", .refused),
        (400, "ValidationException", "Malformed input request: #/prompt: found: what of this region, my account", nil),
        (400, nil, "This model's maximum context length is 8192 tokens.", nil),
        (413, "RequestEntityTooLargeException", "", nil),
        (400, "ValidationException", "Malformed input request: #/texts: expected 1 to 96 items, actual: 0", nil),
        (400, nil, "input length and `max_tokens` exceed context limit: 199759 + 8192 > 200000, and try again", nil),
        (400, nil, "prompt is too long: 208310 tokens > 200000 maximum", nil),
        (400, nil, "Request body is too large", nil),
        (400, nil, "The number of input tokens (9000) exceeds the limit of 8192 per request", nil),
        (400, "ValidationException", "Malformed input request: #/prompt: found: how much per day, please wait", nil),
        // What every message would meet: the body's shape and the manifest's numbers, and whatever is said in no known words.
        (400, "ValidationException", "Malformed input request: #/max_gen_len: 9000 is not less or equal", .refused),
        (400, "ValidationException", "Malformed input request: #: extraneous key [max_gen_len] is not", .refused),
        (400, "ValidationException", "The maximum tokens you requested exceeds the model limit of 2048.", .refused),
        (400, "ValidationException", "The system encountered an unexpected error during processing.", .refused),
        (400, "ValidationException", "", .refused), (400, "ValidationException", "Zugriff verweigert", .refused),
        (400, "SerializationException", "", .refused), (400, "MalformedInputException", "", .refused),
        (
            400, "ValidationException",
            "Access to this model is not available for channel program accounts.", .notFound
        ),
        (400, "ValidationException", "Too many requests, please wait before trying again.", .throttled),
        (400, "ValidationException", "Too many input tokens this minute for requested model", .throttled),
        (400, "ValidationException", "Your account has used too many input tokens today", .quota),
        (400, nil, "On-demand capacity is not available. Request too long in queue.", .throttled),
        // The clock.
        (403, "InvalidSignatureException", "Signature expired: 20261130T010000Z is now earlier than 2026", .clock),
        (403, "InvalidSignatureException", "Signature not yet current: 20261130T010000Z is still later", .clock),
        (400, "RequestExpired", "", .clock), (403, "RequestTimeTooSkewed", "", .clock),
        // The keys.
        (403, "InvalidSignatureException", "The request signature we calculated does not match", .credentials),
        (403, "SignatureDoesNotMatch", "", .credentials), (403, "UnrecognizedClientException", "", .credentials),
        (403, "ExpiredTokenException", "The security token included in the request is expired", .credentials),
        (403, "ExpiredToken", "", .credentials), (403, "InvalidClientTokenId", "", .credentials),
        (403, "MissingAuthenticationTokenException", "", .credentials), (400, "IncompleteSignature", "", .credentials),
        (401, nil, "", .credentials),
        // The account.
        (403, "AccessDeniedException", "You don't have access to the model with the specified model ID.", .access),
        (403, "AccessDenied", "", .access), (403, nil, "<html>", .access), (400, "OptInRequired", "", .access),
        (402, nil, "", .access),
        // Model and region.
        (404, "ResourceNotFoundException", "Could not resolve the foundation model from the identifier", .notFound),
        (404, nil, "", .notFound), (400, "ValidationException", "The provided model identifier is invalid.", .notFound),
        (
            400, "ValidationException",
            "Invocation of model ID meta.x with on-demand throughput isn't supported. Retry with an inference profile",
            .notFound
        ),
        (400, "ValidationException", "Operation not allowed", .notFound),
        (400, "ValidationException", "This operation isn\u{2019}t supported in ap-south-1.", .notFound),
        (400, "ValidationException", "This action doesn't support the model that you provided.", .notFound),
        (404, "ResourceNotFoundException", "This Model is marked by provider as Legacy.", .notFound),
        (
            400, "ValidationException",
            "1 validation error detected: Value 'meta.x 70b' at 'modelId' failed to satisfy constraint: Member must satisfy",
            .notFound
        ),
        (400, "ValidationException", "The specified Region is invalid", .notFound),
        (400, "ValidationException", "The provided inference configuration is invalid", .notFound),
        // Throttling and quota, whatever the status.
        (429, "ThrottlingException", "Too many requests, please wait before trying again.", .throttled),
        (400, "ThrottlingException", "Rate exceeded", .throttled), (400, "RequestLimitExceeded", "", .throttled),
        (429, nil, "", .throttled), (400, nil, "Too many tokens, please wait before trying again.", .throttled),
        (503, "SlowDown", "", .throttled), (400, nil, "input token rate limit exceeded", .throttled),
        (400, nil, "Input tokens per minute exceeded", .throttled),
        (
            400, nil,
            "This request would exceed the rate limit for your organization of 20,000 input tokens per minute. Please reduce"
                + " the prompt length or the maximum tokens requested, or try again later.", .throttled
        ),
        (
            400, nil,
            "Requests have exceeded token rate limit of your current pricing tier. Please retry after 6 seconds.",
            .throttled
        ),
        (400, nil, "Rate limit reached on tokens per min (TPM): Limit 40000. Please try again in 1ms.", .throttled),
        (400, nil, "tokens_per_min limit reached for input tokens", .throttled),
        (400, nil, "Too many concurrent requests with long input length", .throttled),
        (400, nil, "Model is overloaded: input too frequent", .throttled),
        (400, nil, "Selected model is at capacity. Please try a different model.", .throttled),
        (400, "ValidationException", "Input token rate exceeded for this model", .throttled),
        (400, nil, "Input tokens per day exceeded", .quota), (400, nil, "Input token quota exhausted", .quota),
        (429, nil, "You exceeded your current quota, please check your plan and billing details.", .quota),
        (400, nil, "Your credit balance is too low to send this input", .quota),
        (400, nil, "Budget has been exceeded! Current cost: 1.1, max budget: 1.0", .quota),
        (429, "ThrottlingException", "Too many tokens per day, please wait before trying again.", .quota),
        (400, "ServiceQuotaExceededException", "Your account is not authorized to invoke this API.", .quota),
        // The service.
        (424, "ModelErrorException", "", .unavailable), (408, "ModelTimeoutException", "", .unavailable),
        (429, "ModelNotReadyException", "", .unavailable), (500, "InternalServerException", "", .unavailable),
        (502, nil, "<html>", .unavailable), (503, "ServiceUnavailableException", "", .unavailable),
        (504, nil, "", .unavailable), (529, nil, "", .unavailable),
        (400, nil, "The request took too long", .unavailable),
        (400, nil, "Model is taking too long to load", .unavailable),
        (400, nil, "Timeout while reading the request body", .unavailable),
        (400, nil, "failed to read request body: unexpected EOF", .unavailable),
        // What stands in between.
        (400, nil, "Maximum number of connections exceeded", .refused), (400, nil, "Bad tokens", .refused),
        (400, nil, "Request header or cookie is too long", .refused), (400, nil, "Request URI is too long", .refused),
        (400, nil, "Could not decode request body", .refused), (400, nil, "<html>", .refused), (301, nil, "", .refused),
        (405, nil, "", .refused), (407, nil, "", .refused),
        (415, nil, "", .refused), (422, nil, "", .refused), (431, nil, "", .refused), (451, nil, "", .refused),
    ]

    @Test("each refusal is the host's or the message's", arguments: cases.indices)
    func kind(index: Int) throws {
        let (status, code, message, kind) = Self.cases[index]
        // Both places of the code, with what stands around it.
        let text = String(decoding: try JSONEncoder().encode(message), as: UTF8.self)
        let readings = [
            (code.map { ["x-amzn-errortype": "\($0):http://internal.amazon.com/"] } ?? [:], #"{"message":\#(text)}"#),
            (
                [:],
                code.map { #"{"__type":"com.amazon.coral.service#\#($0)","Message":\#(text)}"# }
                    ?? #"{"message":\#(text)}"#
            ),
        ]
        for (headers, body) in readings {
            let refusal = ServiceRefusal.read(status: status, headers: headers, body: Data(body.utf8)).refusal
            #expect(refusal.trouble == kind, "\(status) \(code ?? "") \(message)")
        }
    }

    @Test(
        "when to ask again is read in seconds and as an instant",
        arguments: [
            ("600", Duration.seconds(600)), ("0", .zero), ("2.5", .seconds(2.5)), ("-1", nil), ("soon", nil),
            ("Mon, 30 Nov 2026 01:00:30 GMT", .seconds(30)), ("Mon, 30 Nov 2026 00:00:00 GMT", .zero),
            ("1e400", nil), ("99999999999", .seconds(1_000_000)),
            ("Sun, 30 Feb 2027 01:00:00 GMT", nil), ("Mon, 30 Nov 2026 25:61:00 GMT", nil),
            ("Tue, 01 Dec 2026 00:00:00 GMT ", nil), ("Wed, 01 Dec 2026 00:00:00 GMT", nil),
        ])
    func retryAfter(text: String, wait: Duration?) throws {
        let now = try Date("2026-11-30T01:00:00Z", strategy: .iso8601)
        let refusal = ServiceRefusal.read(
            status: 429, headers: ["retry-after": text], body: Data("{}".utf8), now: now
        ).refusal
        #expect(refusal.retryAfter == wait)
    }
}
