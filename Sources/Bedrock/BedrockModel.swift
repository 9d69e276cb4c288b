package import FoundationEssentials
package import FunctionKit
package import HTTPTransport
import Hashing
package import Spending

/// One call of InvokeModel.
package struct InvokeModelRequest: Sendable, Hashable {
    /// The model's id or ARN, not escaped.
    package var modelID: String
    /// JSON in the model's own format.
    package var body: Data
    /// The longest that the whole call may take.
    package var timeout: Duration

    /// Makes a request.
    package init(modelID: String, body: Data, timeout: Duration) {
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
    package var headerUsage: TokenUsage?
    /// The service's name for the call, for its support.
    package var requestID: String?
}

/// The client of Bedrock Runtime.
///
/// Nothing is sent without a reservation, and nothing is sent twice.
package struct BedrockModel: Sendable {
    private let endpoint: String
    private let signer: SigV4Signer
    private let credentials: any AWSCredentialsSource
    private let http: HTTPClient
    private let now: @Sendable () -> Date

    /// Makes a client.
    ///
    /// - Parameters:
    ///   - endpoint: Such as `https://bedrock-runtime.ap-south-1.amazonaws.com`, with or without a slash at its end.
    ///   - region: The region in the signature.
    ///   - credentials: Asked before each call.
    ///   - http: Shared with others; the caller shuts it down.
    ///   - now: The clock of the signature. The service refuses one that is more than five minutes off.
    package init(
        endpoint: String, region: String, credentials: any AWSCredentialsSource, http: HTTPClient,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.endpoint = endpoint.hasSuffix("/") ? String(endpoint.dropLast()) : endpoint
        signer = SigV4Signer(region: region, service: "bedrock")
        self.credentials = credentials
        self.http = http
        self.now = now
    }

    /// Sends the request once; the caller decides on further attempts, each under a reservation of its own.
    ///
    /// The reservation stays with the caller, who ends it by what this gives: settled after an answer, released where
    /// ``BedrockError/wasSurelyNotPaid``, charged in full otherwise.
    ///
    /// - Throws: ``BedrockError/notReserved`` where model or body are not the reservation's, before anything is sent.
    package func send(
        _ request: InvokeModelRequest, holding reservation: borrowing Reservation
    ) async throws(BedrockError) -> InvokeModelResponse {
        guard reservation.call.model.model == request.modelID,
            reservation.call.id.digest == SHA256.hex(request.body)
        else { throw .notReserved }
        let keys: AWSCredentials
        do throws(AWSCredentialsError) {
            keys = try await credentials.credentials()
        } catch {
            throw .noCredentials(error)
        }
        let response: HTTPResponse
        do throws(HTTPError) {
            response = try await http.send(signer.sign(httpRequest(request), with: keys, at: now()))
        } catch {
            throw .transport(error)
        }
        guard response.status == 200 else {
            throw .refused(
                ServiceRefusal.read(status: response.status, headers: response.headers, body: response.body).refusal)
        }
        return InvokeModelResponse(
            body: response.body, headerUsage: Self.usage(response.headers),
            requestID: response.headers["x-amzn-requestid"])
    }

    private func httpRequest(_ request: InvokeModelRequest) -> HTTPRequest {
        HTTPRequest(
            method: "POST", url: "\(endpoint)/model/\(PercentEncoding.encode(request.modelID))/invoke",
            headers: [("Content-Type", "application/json"), ("Accept", "application/json")], body: request.body,
            timeout: request.timeout)
    }

    private static func usage(_ headers: [String: String]) -> TokenUsage? {
        guard let input = headers["x-amzn-bedrock-input-token-count"].flatMap({ Int($0) }), input >= 0,
            let output = headers["x-amzn-bedrock-output-token-count"].flatMap({ Int($0) }), output >= 0
        else { return nil }
        return TokenUsage(inputTokens: input, outputTokens: output)
    }
}
