import BudgetReport
import FoundationEssentials
import FunctionHost
import FunctionKit
import History
import Hummingbird
import NIOCore
import Spending

/// The door for questions over HTTP.
///
/// - `POST /v1/questions` with `{"question": "…"}`: 202 with the question's id once it is durable.
/// - `GET /v1/questions/ID`: the answer, or where the question stands; `?wait=SECONDS` waits up to 60 s for it.
struct QuestionRoutes {
    let pipeline: Pipeline

    func add(to router: Router<BasicRequestContext>) {
        router.post("v1/questions") { [self] request, _ in try await ask(request) }
        router.get("v1/questions/:id") { [self] request, context in
            try await show(
                id: context.parameters.require("id"),
                wait: request.uri.queryParameters["wait"].flatMap { Int($0) } ?? 0)
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
            facts["explanation"] = record.explanation
            return Reply(.ok, facts)
        }
        return Reply(.ok, json: try report.stableJSON())
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
