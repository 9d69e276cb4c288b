import FunctionKit
import HTTPTransport

/// The process's HTTP client, as functions see it.
struct HTTPWebClient: WebClient {
    let client: HTTPClient

    func send(_ request: WebRequest, context: InvocationContext) async throws(WebError) -> WebResponse {
        let remaining = context.remaining
        guard remaining > .zero else { throw .noAnswer(reason: "no time is left") }
        do throws(HTTPError) {
            let response = try await client.send(
                HTTPRequest(
                    method: request.method, url: request.url,
                    headers: request.headers.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) },
                    body: request.body, timeout: remaining, responseBytesMax: request.responseBytesMax))
            return WebResponse(status: response.status, headers: response.headers, body: response.body)
        } catch .invalidRequest {
            throw .invalidRequest
        } catch .tooLarge {
            throw .tooLarge
        } catch {
            let reason = "\(Self.server(of: request.url)): \(error.description)"
            throw error.wasSent ? .noAnswer(reason: reason) : .unreachable(reason: reason)
        }
    }

    /// Whose URL it is: what stands behind that may be part of a payload.
    private static func server(of url: String) -> String {
        guard let scheme = url.firstRange(of: "://") else { return "" }
        let server = url[scheme.upperBound...].prefix { !"/?#".contains($0) }
        return "\(url[..<scheme.upperBound])\(server.split(separator: "@").last ?? server)"
    }
}
