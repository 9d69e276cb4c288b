import Hummingbird
import Logging
import NIOCore
import NIOEmbedded
import Testing

@testable import HostProcess

@Suite("Paths")
struct KnownPathsTests {
    private func answer(
        _ method: String, _ path: String
    ) async throws -> (status: Int, allow: String?, length: Int, body: Int?) {
        let router = Router(context: ConnectionContext.self, options: .autoGenerateHeadEndpoints)
        router.get("things/:id") { _, _ in Reply(.ok, ["a": "b"]) }
        router.post("things") { request, _ in
            _ = try await request.body.collect(upTo: 4)
            return Reply(.accepted, ["a": "b"])
        }
        router.get("gone") { _, _ in Reply(.notFound, ["error": "no thing has this id"]) }
        let request = Request(
            head: HTTPRequest(
                method: try #require(HTTPRequest.Method(method)), scheme: "http", authority: "a", path: path),
            body: RequestBody(buffer: ByteBuffer(string: "12345")))
        let context = ConnectionContext(
            source: ApplicationRequestContextSource(
                channel: EmbeddedChannel(), logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })))
        let response = try await KnownPaths(router).respond(to: request, context: context)
        return (
            response.status.code, response.headers[.allow], Int(response.headers[.contentLength] ?? "") ?? 0,
            response.body.contentLength
        )
    }

    @Test("answer HEAD where they answer GET, with the length alone")
    func head() async throws {
        let answer = try await answer("HEAD", "/things/1")
        #expect(answer == (200, nil, 9, 0))
        #expect(try await self.answer("HEAD", "/nothing").body == 0)
    }

    @Test(
        "say which methods they take",
        arguments: [
            ("POST", "/things/1", 405, "GET, HEAD, OPTIONS"), ("GET", "/things", 405, "OPTIONS, POST"),
            ("HEAD", "/things", 405, "OPTIONS, POST"), ("PROPFIND", "/gone", 405, "GET, HEAD, OPTIONS"),
            ("OPTIONS", "/things", 200, "OPTIONS, POST"), ("DELETE", "/nothing", 404, nil),
            ("OPTIONS", "/nothing", 404, nil),
        ])
    func methods(method: String, path: String, status: Int, allow: String?) async throws {
        let answer = try await answer(method, path)
        #expect(answer.status == status && answer.allow == allow)
        #expect(answer.length > 0 && (method == "HEAD" || answer.body == answer.length))
    }

    @Test("have no answer without a body", arguments: [("GET", "/nothing", 404), ("POST", "/things", 413)])
    func bodies(method: String, path: String, status: Int) async throws {
        let answer = try await answer(method, path)
        #expect(answer.status == status && answer.length > 0 && answer.body == answer.length)
    }
}
