package import FoundationEssentials
import FunctionKit
package import HTTPTransport
import Hashing
package import Spending

/// One call of InvokeModel.
package struct InvokeModelRequest<Body: ModelBody>: Sendable, Hashable {
    /// The model's id or ARN, not escaped.
    package var modelID: String
    /// What is asked; where its reservation grants fewer output tokens, those are sent.
    package var body: Body
    /// The longest that the whole call may take.
    package var timeout: Duration

    /// Makes a request.
    package init(modelID: String, body: Body, timeout: Duration) {
        self.modelID = modelID
        self.body = body
        self.timeout = timeout
    }
}

/// A success of InvokeModel.
package struct InvokeModelResponse: Sendable, Hashable {
    /// JSON in the model's own format, as the service gave it.
    package var body: Data
    /// The token counts of the headers, which the service does not promise.
    package var headerCounts: TokenCounts
    /// The service's name for the call, for its support.
    package var requestID: String?
}

/// The client of Bedrock Runtime.
///
/// Nothing is sent without a reservation, and nothing is sent twice.
package struct BedrockModel: Sendable {
    let endpoint: String
    private let signer: SigV4Signer
    private let credentials: any AWSCredentialsSource
    private let http: HTTPClient
    private let watch: CallWatch
    private let now: @Sendable () -> Date

    /// Makes a client.
    ///
    /// - Parameters:
    ///   - endpoint: Such as `https://bedrock-runtime.ap-south-1.amazonaws.com`, with or without a slash at its end.
    ///   - region: The region in the signature.
    ///   - credentials: Asked before each call.
    ///   - http: Shared with others; the caller shuts it down.
    ///   - watch: Sees each call that is sent.
    ///   - now: The clock of the signature. The service refuses one that is more than five minutes off.
    package init(
        endpoint: String, region: String, credentials: any AWSCredentialsSource, http: HTTPClient,
        watch: CallWatch = CallWatch(), now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.endpoint = endpoint.hasSuffix("/") ? String(endpoint.dropLast()) : endpoint
        signer = SigV4Signer(region: region, service: "bedrock")
        self.credentials = credentials
        self.http = http
        self.watch = watch
        self.now = now
    }

    /// Sends the request once; the caller decides on further attempts, each under a reservation of its own.
    ///
    /// The reservation stays with the caller, who ends it by what this gives: settled after an answer, released where
    /// ``BedrockError/wasSurelyNotPaid``, charged in full otherwise.
    ///
    /// - Throws: ``BedrockError/notReserved`` where model or body are not the reservation's, before anything is sent.
    package func send<Body: ModelBody>(
        _ request: InvokeModelRequest<Body>, holding reservation: borrowing Reservation
    ) async throws(BedrockError) -> InvokeModelResponse {
        guard let body = Self.body(of: request, holding: reservation) else { throw .notReserved }
        let keys: AWSCredentials
        do throws(AWSCredentialsError) {
            keys = try await credentials.credentials()
        } catch {
            throw .noCredentials(error)
        }
        let signed = signer.sign(httpRequest(request, body: body, holding: reservation), with: keys, at: now())
        return try await watch.call(of: request.modelID) { () async throws(BedrockError) in
            try await send(signed)
        }
    }

    private func send(_ request: HTTPRequest) async throws(BedrockError) -> InvokeModelResponse {
        let response: HTTPResponse
        let sent = now()
        do throws(HTTPError) {
            response = try await http.send(request)
        } catch {
            throw .transport(error)
        }
        watch.answered(at: response.date, between: sent, and: now())
        guard response.status == 200 else {
            throw .refused(
                ServiceRefusal.read(status: response.status, headers: response.headers, body: response.body).refusal)
        }
        return InvokeModelResponse(
            body: response.body, headerCounts: TokenCounts(headers: response.headers),
            requestID: response.headers["x-amzn-requestid"])
    }

    /// The bytes to send; nil where the request is not the one that was reserved.
    private static func body<Body: ModelBody>(
        of request: InvokeModelRequest<Body>, holding reservation: borrowing Reservation
    ) -> Data? {
        let call = reservation.call
        guard call.model.model == request.modelID, request.body.inputBytes <= call.inputBytes,
            request.body.messages <= call.messages,
            request.body.outputTokensMax <= call.outputTokensMax,
            // A number that is none was never reserved.
            let asked = try? request.body.encoded(), call.id.digest == SHA256.hex(asked)
        else { return nil }
        return try? request.body.granted(outputTokensMax: reservation.outputTokensMax).encoded()
    }

    private func httpRequest<Body: ModelBody>(
        _ request: InvokeModelRequest<Body>, body: Data, holding reservation: borrowing Reservation
    ) -> HTTPRequest {
        HTTPRequest(
            method: "POST", url: "\(endpoint)/model/\(PercentEncoding.encode(request.modelID))/invoke",
            headers: [
                ("Content-Type", "application/json"), ("Accept", "application/json"),
                ("X-Amzn-Bedrock-Request-Metadata", Self.metadata(reservation)),
            ], body: body, timeout: request.timeout)
    }

    /// What the service's invocation log keeps of the call, so that log and journal can be compared.
    ///
    /// Values have up to 256 characters of a closed set; a question's id that has others is left out:
    /// <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html>.
    private static func metadata(_ reservation: borrowing Reservation) -> String {
        let question = reservation.call.id.questionID
        let isPlain = question.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: ":"), UInt8(ascii: "/"), UInt8(ascii: "@"):
                true
            default: false
            }
        }
        let hold = "\"\(RequestMetadataKey.hold.rawValue)\":\"\(reservation.holdID)\""
        guard isPlain, (1...256).contains(question.utf8.count) else { return "{\(hold)}" }
        return "{\(hold),\"\(RequestMetadataKey.question.rawValue)\":\"\(question)\"}"
    }
}
