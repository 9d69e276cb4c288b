import Bedrock
import FoundationEssentials
import FunctionKit
import HTTPTypes
import Hummingbird
import NIOCore
import ServiceLifecycle

/// `POST /model/{modelId}/invoke`: <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html>.
struct InvokeModelEndpoint: Sendable {
    let signatures: SignatureCheck
    let models: Set<String>
    let state: StandInState

    /// Answers one request; a hang-up closes the connection first and then throws, so that nothing is written.
    func respond(to request: Request, context: StandInRequestContext) async throws -> Response {
        let start = ContinuousClock.now
        guard let body = await collect(request) else {
            return response(to: .validation("The request body is too large."))
        }
        guard request.method == .post, let modelID = Self.modelID(request.head.path ?? "") else {
            return response(to: .unknownOperation)
        }
        if let refusal = signatures.refusal(of: request, body: body) { return response(to: refusal) }
        let metadata = HTTPField.Name("x-amzn-bedrock-request-metadata").flatMap { request.headers[$0] }
        let (latency, fault) = state.take(ReceivedRequest(modelID: modelID, body: body, metadata: metadata))
        if latency > .zero { try await Task.sleep(for: latency) }
        switch fault {
        case .throttle: return response(to: .throttled)
        case .refuse: return response(to: .malformed("it is refused on purpose"))
        case .deny: return response(to: .accessDenied)
        case .fail: return response(to: .internalError)
        case .unavailable: return response(to: .unavailable)
        case .garble: return response(status: .ok, body: Data("{}".utf8), headers: [])
        case .stall:
            // A graceful shutdown waits for requests under way, so a stalled one ends with it.
            try await gracefulShutdown()
            return try await hangUp(context)
        case .hangUp: return try await hangUp(context)
        case .answer(let status, let headers, let body):
            return response(
                status: .init(code: status), body: Data(body.utf8), headers: headers.map { ($0.key, $0.value) })
        case nil: break
        }
        do throws(ServiceException) {
            guard models.contains(modelID) else {
                throw modelID.hasPrefix("arn:")
                    ? .unknownARN : .validation("The provided model identifier is invalid.")
            }
            switch EmbeddingModel(rawValue: modelID) {
            case nil: return try writing(body, since: start)
            case .titanV2: return success(try EmbeddingStandIn.titan(body), since: start)
            case .cohereEnglish, .cohereMultilingual:
                return success(try EmbeddingStandIn.cohere(body), since: start)
            }
        } catch {
            return response(to: error)
        }
    }

    /// The answer of a model that writes.
    private func writing(_ body: Data, since start: ContinuousClock.Instant) throws(ServiceException) -> Response {
        var answer = try LlamaStandIn.answer(to: LlamaBody.read(body))
        if let usage = state.behaviour.usage {
            (answer.inputTokens, answer.outputTokens) = (usage.inputTokens, usage.outputTokens)
        }
        // Text and two counts: the encoder has no reason to fail.
        guard let body = try? answer.encoded(), let input = answer.inputTokens, let output = answer.outputTokens else {
            throw .internalError
        }
        return success(
            body, since: start,
            headers: [
                ("x-amzn-bedrock-input-token-count", "\(input)"),
                ("x-amzn-bedrock-output-token-count", "\(output)"),
            ])
    }

    /// The answer of a model that makes vectors.
    private func success(_ answer: EmbeddingStandIn.Answer, since start: ContinuousClock.Instant) -> Response {
        let tokens = state.behaviour.usage?.inputTokens ?? answer.inputTokens
        return success(
            answer.body, since: start, headers: [("x-amzn-bedrock-input-token-count", "\(tokens)")])
    }

    private func success(
        _ body: Data, since start: ContinuousClock.Instant, headers: [(name: String, value: String)]
    ) -> Response {
        let milliseconds = Int((ContinuousClock.now - start) / .milliseconds(1))
        return response(
            status: .ok, body: body, headers: headers + [("x-amzn-bedrock-invocation-latency", "\(milliseconds)")])
    }

    private func response(to exception: ServiceException) -> Response {
        response(
            status: .init(code: exception.status), body: exception.body, headers: [("x-amzn-errortype", exception.code)]
        )
    }

    private func response(
        status: HTTPResponse.Status, body: Data, headers: [(name: String, value: String)]
    ) -> Response {
        var fields: HTTPFields = [.contentType: "application/json"]
        for (name, value) in headers + [("x-amzn-requestid", UUID().uuidString.lowercased())] {
            if let name = HTTPField.Name(name) { fields[name] = value }
        }
        return Response(status: status, headers: fields, body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }

    private func hangUp(_ context: StandInRequestContext) async throws -> Response {
        try await context.channel.close()
        throw CancellationError()
    }

    /// Nil where the body is larger than Bedrock takes, or broke off.
    private func collect(_ request: Request) async -> Data? {
        guard let buffer = try? await request.body.collect(upTo: StandInRequestContext.bodyBytesMax) else { return nil }
        return Data(buffer.readableBytesView)
    }

    private static func modelID(_ target: String) -> String? {
        let path = target.prefix { $0 != "?" }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0].isEmpty, parts[1] == "model", !parts[2].isEmpty, parts[3] == "invoke"
        else { return nil }
        return PercentEncoding.decode(parts[2])
    }
}
