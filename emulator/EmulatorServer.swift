import BudgetReport
import FoundationEssentials
import FunctionHost
import FunctionKit
import Glibc
import History
import Hummingbird
package import Logging
import Messaging
import NIOCore
import Spending

/// The emulator's door on a loopback port.
///
/// - `GET /healthz`: 200 while the process lives.
/// - `GET /readyz`: 200 while questions are taken, 503 while draining or when queue, ledger or history do not answer.
/// - `POST /v1/questions` with `{"question": "…"}`: 202 with the question's id once it is durable.
/// - `GET /v1/questions/ID`: the answer, or where the question stands; `?wait=SECONDS` waits up to 60 s for it.
package struct EmulatorServer: Sendable {
    private let pipeline: Pipeline
    private let port: Int
    private let logger: Logger

    /// Makes a server; nothing runs before ``run(onReady:)``.
    package init(pipeline: Pipeline, port: Int, logger: Logger) {
        self.pipeline = pipeline
        self.port = port
        self.logger = logger
    }

    /// Serves until graceful shutdown or cancellation.
    ///
    /// - Parameter onReady: Called once with the port, when requests are taken.
    /// - Throws: ``SetupProblem`` where the port is in use.
    package func run(onReady: @escaping @Sendable (_ port: Int) async -> Void) async throws {
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        let app = Application(
            router: router(),
            configuration: .init(address: .hostname("127.0.0.1", port: port), serverName: "sluice"),
            onServerRunning: { channel in await onReady(channel.localAddress?.port ?? port) },
            logger: quiet)
        do {
            try await app.run()
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw SetupProblem("port \(port) is in use; end the program that has it or name another with --port")
        }
    }

    private func router() -> Router<BasicRequestContext> {
        let router = Router()
        router.get("healthz") { _, _ in Reply(.ok, ["status": "alive"]) }
        router.get("readyz") { _, _ in await readiness() }
        router.post("v1/questions") { request, _ in try await ask(request) }
        router.get("v1/questions/:id") { request, context in
            try await show(
                id: context.parameters.require("id"),
                wait: request.uri.queryParameters["wait"].flatMap { Int($0) } ?? 0)
        }
        return router
    }

    private func readiness() async -> Reply {
        guard pipeline.host.drain.deadline == nil else { return Reply(.serviceUnavailable, ["status": "draining"]) }
        do {
            for function in pipeline.functions { _ = try await pipeline.broker.depth(of: function.queues.waiting) }
            _ = try await pipeline.governor.status()
            _ = try await pipeline.history.question(id: "")
            return Reply(.ok, ["status": "ready"])
        } catch {
            return Reply(.serviceUnavailable, ["status": "unavailable"])
        }
    }

    private func ask(_ request: Request) async throws -> Reply {
        struct Body: Decodable { let question: String }
        // Room for the longest question with each character escaped.
        let bytes = try await request.body.collect(upTo: FrontDoor.questionBytesMax * 7)
        guard let body = try? JSONDecoder().decode(Body.self, from: Data(bytes.readableBytesView)) else {
            return Reply(.badRequest, ["error": "send {\"question\": \"...\"} in UTF-8"])
        }
        do {
            let id = try await pipeline.door.accept(body.question)
            var reply = Reply(.accepted, ["id": id])
            reply.headers[.location] = "/v1/questions/\(id)"
            return reply
        } catch {
            var reply = Reply(error.status, ["error": error.description])
            if case .full(let retryAfter) = error { reply.headers[.retryAfter] = "\(retryAfter.components.seconds)" }
            return reply
        }
    }

    private func show(id: String, wait: Int) async throws -> Reply {
        guard var record = try await pipeline.history.question(id: id) else {
            return Reply(.notFound, ["error": "no question has this id"])
        }
        if record.state == .accepted, wait > 0 {
            record = try await pipeline.outcome(of: id, within: .seconds(min(wait, 60))) ?? record
        }
        guard let report = try await pipeline.report(on: record) else {
            var facts = ["id": id, "state": record.state.rawValue]
            facts["reason"] = record.reason
            facts["opens_at"] = record.opensAt?.formatted(.iso8601)
            return Reply(.ok, facts)
        }
        return Reply(.ok, json: try report.stableJSON())
    }
}

/// A JSON answer.
private struct Reply: ResponseGenerator {
    var status: HTTPResponse.Status
    var headers: HTTPFields = [.contentType: "application/json"]
    var json: Data

    init(_ status: HTTPResponse.Status, json: Data) {
        self.status = status
        self.json = json
    }

    init(_ status: HTTPResponse.Status, _ facts: [String: String]) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Texts alone always encode.
        self.init(status, json: (try? encoder.encode(facts)) ?? Data("{}".utf8))
    }

    func response(from request: Request, context: some RequestContext) throws -> Response {
        Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: json)))
    }
}

extension FrontDoorError {
    fileprivate var status: HTTPResponse.Status {
        switch self {
        case .empty: .badRequest
        case .tooLong: .contentTooLarge
        case .full, .draining, .unavailable: .serviceUnavailable
        case .unreadable: .unprocessableContent
        }
    }
}
