import Foundation
import FunctionKit
import Hummingbird

/// What a caller of the invoke API asks for, but for the payload.
struct LambdaRequest {
    let function: LambdaFunctionName
    /// Whether nothing is to be run: the caller wants to know whether it could be.
    let isDryRun: Bool
    let wantsLog: Bool
    let tenant: String?
    let trace: TraceContext
    /// The call's own name.
    let id: String

    /// Reads path, query and headers.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - name: The function's, as it stands in the path.
    /// - Throws: ``LambdaError``.
    init(_ request: Request, name: String) throws(LambdaError) {
        function = try LambdaFunctionName(
            name.removingPercentEncoding ?? "", qualifier: request.uri.queryParameters["Qualifier"].map(String.init))
        let headers = request.headers
        switch headers[named: "X-Amz-Invocation-Type"] ?? "RequestResponse" {
        case "RequestResponse": isDryRun = false
        case "DryRun": isDryRun = true
        case "Event":
            throw LambdaError(
                .parameter,
                "invokes without an answer (`Event`) are not taken; use RequestResponse, or send the input to the"
                    + " function's queue")
        default:
            throw LambdaError(.parameter, "the invocation type is RequestResponse or DryRun; write one of these")
        }
        switch headers[named: "X-Amz-Log-Type"] ?? "None" {
        case "None": wantsLog = false
        case "Tail": wantsLog = true
        default: throw LambdaError(.parameter, "the log type is None or Tail; write one of these")
        }
        if headers[named: "X-Amz-Durable-Execution-Name"] != nil {
            throw LambdaError(.parameter, "there are no durable executions; leave the name of one out")
        }
        tenant = headers[named: "X-Amz-Tenant-Id"]
        if let tenant, !StorableName.isOne(tenant) {
            throw LambdaError(.parameter, "a tenant has 1 to \(StorableName.bytesMax) bytes; write another")
        }
        trace =
            headers[named: "traceparent"].flatMap(TraceContext.init(traceparent:))
            ?? headers[named: "X-Amzn-Trace-Id"].flatMap(Self.trace(amazon:)) ?? TraceContext()
        id = Self.id(headers)
    }

    /// The id that AWS's clients give all attempts of one call; a new one where there is none.
    ///
    /// What one attempt has paid, after its client has given up waiting, is not paid again by the next.
    static func id(_ headers: HTTPFields) -> String {
        (headers[named: "amz-sdk-invocation-id"].flatMap(UUID.init(uuidString:)) ?? UUID()).uuidString.lowercased()
    }

    /// Reads such as `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1`.
    private static func trace(amazon text: String) -> TraceContext? {
        var fields: [Substring: Substring] = [:]
        for part in text.split(separator: ";").prefix(8) {
            let pair = part.split(separator: "=", maxSplits: 1)
            if let key = pair.first, pair.count == 2 { fields[key] = pair[1] }
        }
        guard let root = fields["Root"]?.split(separator: "-"), root.count == 3, let parent = fields["Parent"] else {
            return nil
        }
        return TraceContext(
            traceparent: "00-\(root[1])\(root[2])-\(parent)-0\(fields["Sampled"] == "1" ? 1 : 0)")
    }
}
