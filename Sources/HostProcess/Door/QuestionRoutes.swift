import Documents
import FoundationEssentials
import FunctionHost
import FunctionKit
import History
import Hummingbird
import NIOCore
import Spending

/// The door for questions over HTTP: the first pipeline's, by a name of its own.
///
/// - `POST /v1/questions` with `{"question": "…"}`: 202 with the question's id once it is durable. With an `"id"` of the
///   asker's own it is the same question, however often it is asked.
/// - `GET /v1/questions/ID`: the answer, or where the question stands; `?wait=SECONDS` waits up to 60 s for it.
struct QuestionRoutes {
    private static let replies = DoorReplies(path: "/v1/questions/") { $0.description }

    let pipeline: Pipeline

    func add(to router: Router<ConnectionContext>) {
        router.post("v1/questions") { [self] request, context in try await ask(request, context) }
        router.get("v1/questions/:id") { [self] request, context in
            try await Self.replies.lookUp(request, context, in: pipeline) { id, found in try await show(id, found) }
        }
    }

    private func ask(_ request: Request, _ context: ConnectionContext) async throws -> Reply {
        struct Body: Decodable {
            let question: String
            let id: String?
        }
        // Room for the longest question with each character escaped.
        let bytesMax = FrontDoor.questionBytesMax * 7
        let bytes = try await context.body(of: request, upTo: bytesMax).collect(upTo: bytesMax)
        guard let body = try? JSONDecoder().decode(Body.self, from: Data(bytes.readableBytesView)) else {
            return Reply(.badRequest, ["error": "send {\"question\": \"...\"} in UTF-8, with a text as \"id\" or none"])
        }
        return await Self.replies.accept { () async throws(FrontDoorError) in
            try await pipeline.questionDoor.accept(body.question, id: body.id)
        }
    }

    private static let unconfirmed =
        "the queue was sent the question and has not said that it has it; ask for this id again in a moment, or ask the"
        + " question again under this id"

    /// Shows what is known of a question.
    private func show(_ id: String, _ found: FoundRun) async throws -> Reply {
        let record: RunRecord
        switch found {
        case .away(let reason): return Self.replies.away(id, reason)
        case .none: return Reply(.notFound, ["error": "no question has this id"])
        case .unconfirmed: return Reply(.ok, ["id": id, "state": "unconfirmed", "explanation": Self.unconfirmed])
        case .noted: return Reply(.ok, ["id": id, "state": QuestionState.accepted.rawValue])
        case .known(let known): record = known
        }
        if let report = await pipeline.report(on: record) { return Reply(.ok, json: try report.stableJSON()) }
        var facts = ["id": id, "state": QuestionState(record.state).rawValue]
        facts["reason"] = record.reason
        facts["opens_at"] = record.opensAt?.formatted(.iso8601)
        facts["explanation"] = record.explanation
        if !record.state.isFinal, record.reason == nil, let trouble = pipeline.trouble(before: record) {
            facts["reason"] = trouble.code
            facts["explanation"] = "it waits: \(trouble.reason)"
        }
        return Reply(.ok, facts)
    }
}
