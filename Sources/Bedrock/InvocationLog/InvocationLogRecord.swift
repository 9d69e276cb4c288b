import CivilTime
import FoundationEssentials
import FunctionKit
import Spending

/// What a caller tells Bedrock of a call, to find it again in the log.
///
/// InvokeModel takes it as a JSON object of strings in the header `X-Amzn-Bedrock-Request-Metadata`, and the log has it
/// as `requestMetadata`: <https://docs.aws.amazon.com/bedrock/latest/userguide/cost-mgmt-request-metadata.html>.
package enum RequestMetadataKey: String, CodingKey, Sendable {
    /// The hold that the call is made under.
    case hold = "sluice-hold"
    /// The question that it is made for.
    case question = "sluice-question"
}

/// One object of a log.
///
/// The format is that of <https://docs.aws.amazon.com/bedrock/latest/userguide/model-invocation-logging.html>:
///
///     {"schemaType": "ModelInvocationLog", "schemaVersion": "1.0", "timestamp": "2026-08-19T12:00:00Z",
///      "accountId": "...", "identity": {"arn": "..."}, "region": "us-east-1", "requestId": "...",
///      "operation": "InvokeModel", "modelId": "...", "errorCode": "ThrottlingException",
///      "input": {"inputContentType": "...", "inputBodyJson": {...}, "inputTokenCount": 35,
///                "cacheReadInputTokenCount": 0, "cacheWriteInputTokenCount": 0},
///      "output": {"outputContentType": "...", "outputBodyJson": {...}, "outputTokenCount": 446},
///      "requestMetadata": {"key": "value"}}
///
/// `errorCode` is there after failures only, counts and bodies where there are any. Bodies above 100 KB are objects of
/// their own in S3 (`inputBodyS3Path`). Cached tokens are not among `inputTokenCount`. `region` is where the call was
/// made, also where a profile routed it elsewhere. Neither bodies nor who called are decoded.
enum InvocationLogRecord: Decodable {
    /// A call.
    case call(InvoicedCall)
    /// A record of a version that is not known here.
    case unknownVersion
    /// An event of CloudWatch Logs, and its text.
    case event(message: String)
    /// Something else.
    case other

    private enum CodingKeys: String, CodingKey {
        case schemaType, schemaVersion, timestamp, region, requestId, modelId, errorCode, input, output, requestMetadata
        case message
    }

    private enum CountKeys: String, CodingKey {
        case inputTokenCount, outputTokenCount, cacheReadInputTokenCount, cacheWriteInputTokenCount
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        // Whatever is no text there makes it another's object, not a broken record.
        guard (try? fields.decode(String.self, forKey: .schemaType)) == "ModelInvocationLog" else {
            let message = fields.contains(.schemaType) ? nil : try? fields.decode(String.self, forKey: .message)
            self = message.map { .event(message: $0) } ?? .other
            return
        }
        if let version = try fields.decodeIfPresent(String.self, forKey: .schemaVersion), !version.hasPrefix("1.") {
            self = .unknownVersion
            return
        }
        let tags = try? fields.nestedContainer(keyedBy: RequestMetadataKey.self, forKey: .requestMetadata)
        self = .call(
            InvoicedCall(
                requestID: try fields.decode(String.self, forKey: .requestId),
                at: try Self.instant(fields), model: try fields.decode(String.self, forKey: .modelId),
                region: try fields.decode(String.self, forKey: .region), usage: try Self.usage(fields),
                isError: try fields.decodeIfPresent(String.self, forKey: .errorCode) != nil,
                holdID: try tags?.decodeIfPresent(String.self, forKey: .hold),
                questionID: try tags?.decodeIfPresent(String.self, forKey: .question)))
    }

    private static func instant(_ fields: KeyedDecodingContainer<CodingKeys>) throws -> Date {
        guard let instant = CivilTime.instant(try fields.decode(String.self, forKey: .timestamp)) else {
            throw DecodingError.dataCorruptedError(forKey: .timestamp, in: fields, debugDescription: "no instant")
        }
        return instant
    }

    /// The counts; nil where there are neither of input nor of output.
    private static func usage(_ fields: KeyedDecodingContainer<CodingKeys>) throws -> TokenUsage? {
        let input = try counts(fields, .input)
        let output = try counts(fields, .output)
        let read = try count(input, .inputTokenCount)
        let written = try count(output, .outputTokenCount)
        guard read != nil || written != nil else { return nil }
        return TokenUsage(
            inputTokens: read ?? 0, outputTokens: written ?? 0,
            cacheReadTokens: try count(input, .cacheReadInputTokenCount) ?? 0,
            cacheWriteTokens: try count(input, .cacheWriteInputTokenCount) ?? 0)
    }

    private static func counts(
        _ fields: KeyedDecodingContainer<CodingKeys>, _ key: CodingKeys
    ) throws -> KeyedDecodingContainer<CountKeys>? {
        guard fields.contains(key), try !fields.decodeNil(forKey: key) else { return nil }
        return try fields.nestedContainer(keyedBy: CountKeys.self, forKey: key)
    }

    private static func count(_ container: KeyedDecodingContainer<CountKeys>?, _ key: CountKeys) throws -> Int? {
        guard let container, let count = try container.decodeIfPresent(Int.self, forKey: key) else { return nil }
        guard count >= 0 else {
            throw DecodingError.dataCorruptedError(forKey: key, in: container, debugDescription: "below zero")
        }
        return count
    }
}
