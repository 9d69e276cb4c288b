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
/// - `POST /v1/questions` with `{"question": "…"}`: 202 with the question's id once it is durable. With an `"id"` of the
///   asker's own it is the same question, however often it is asked.
/// - `GET /v1/questions/ID`: the answer, or where the question stands; `?wait=SECONDS` waits up to 60 s for it.
struct QuestionRoutes {
    let pipeline: Pipeline

    func add(to router: Router<ConnectionContext>) {
        router.post("v1/questions") { [self] request, _ in try await ask(request) }
        router.get("v1/questions/:id") { [self] request, context in
            let id = try context.parameters.require("id")
            guard let wait = Self.wait(request.uri.queryParameters["wait"]) else {
                return Reply(.badRequest, ["error": "`wait` takes whole seconds from 0 up, such as 30"])
            }
            do {
                return try await show(id: id, wait: wait, context)
            } catch {
                return Self.away(id, plainReason(error))
            }
        }
    }

    /// How many seconds an asker waits; nil for what is no number of them.
    private static func wait(_ text: Substring?) -> Int? {
        guard let text else { return 0 }
        return text.utf8.count <= 9 ? Int(text).flatMap { $0 < 0 ? nil : min($0, 60) } : nil
    }

    private func ask(_ request: Request) async throws -> Reply {
        struct Body: Decodable {
            let question: String
            let id: String?
        }
        // Room for the longest question with each character escaped.
        let bytes = try await request.body.collect(upTo: FrontDoor.questionBytesMax * 7)
        guard let body = try? JSONDecoder().decode(Body.self, from: Data(bytes.readableBytesView)) else {
            return Reply(.badRequest, ["error": "send {\"question\": \"...\"} in UTF-8, with a text as \"id\" or none"])
        }
        do {
            let id = try await pipeline.door.accept(body.question, id: body.id)
            var reply = Reply(.accepted, ["id": id])
            reply.headers[.location] = Self.path(of: id)
            return reply
        } catch {
            var facts = ["error": error.description]
            if case .unconfirmed(let id) = error { facts["id"] = id }
            var reply = Reply(error.status, facts)
            if case .full(let retryAfter) = error { reply.headers[.retryAfter] = "\(retryAfter.components.seconds)" }
            if let id = facts["id"] { reply.headers[.location] = Self.path(of: id) }
            return reply
        }
    }

    private static let unconfirmed =
        "the queue was sent the question and has not said that it has it; ask for this id again in a moment, or ask the"
        + " question again under this id"

    private static func path(of id: String) -> String { "/v1/questions/\(id)" }

    /// The refusal to say what nobody can look up for now.
    private static func away(_ id: String, _ reason: String?) -> Reply {
        let reason = reason.map { ": \($0)" } ?? ""
        var reply = Reply(
            .serviceUnavailable,
            ["id": id, "error": "this cannot be looked up for now\(reason); ask for this id again in a moment"])
        reply.headers[.retryAfter] = "1"
        return reply
    }

    private func show(id: String, wait: Int, _ context: ConnectionContext) async throws -> Reply {
        let (look, obstacle) = await pipeline.lookOrObstacle(at: id)
        // What this host took is known here before it is noted.
        let isAccepted = look?.record.map { $0.state == .accepted } ?? (pipeline.door.notes[id] != nil)
        if look == nil, !isAccepted { return Self.away(id, obstacle.map(plainReason) ?? "the history does not answer") }
        var known = look?.record
        // Also for one that nobody has noted yet: it may be on its way.
        if look != nil, known == nil || isAccepted, wait > 0 {
            let outcome = try await context.whileClientStays { [pipeline] in
                try await pipeline.outcome(of: id, within: .seconds(wait))
            }
            known = (outcome ?? nil) ?? known
        }
        guard let record = known else {
            if !isAccepted, pipeline.door.notes.isUnconfirmed(id) {
                return Reply(.ok, ["id": id, "state": "unconfirmed", "explanation": Self.unconfirmed])
            }
            return isAccepted
                ? Reply(.ok, ["id": id, "state": QuestionState.accepted.rawValue])
                : Reply(.notFound, ["error": "no question has this id"])
        }
        guard let report = await pipeline.report(on: record) else {
            var facts = ["id": id, "state": record.state.rawValue]
            facts["reason"] = record.reason
            facts["opens_at"] = record.opensAt?.formatted(.iso8601)
            facts["explanation"] = record.explanation
            if record.state == .accepted, record.reason == nil, let trouble = pipeline.trouble(before: record) {
                facts["reason"] = trouble.code
                facts["explanation"] = "it waits: \(trouble.reason)"
            }
            return Reply(.ok, facts)
        }
        return Reply(.ok, json: try report.stableJSON())
    }
}

extension FrontDoorError {
    fileprivate var status: HTTPResponse.Status {
        switch self {
        case .empty, .badID, .badTenant: .badRequest
        case .taken: .conflict
        case .unconfirmed: .gatewayTimeout
        case .tooLong: .contentTooLarge
        case .full, .draining, .unavailable: .serviceUnavailable
        case .unreadable: .unprocessableContent
        }
    }
}
