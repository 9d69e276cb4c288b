import Composition
import FunctionHost
import FunctionKit
import Hummingbird

/// What the doors over HTTP answer alike.
struct DoorReplies: Sendable {
    /// Under which what was accepted is looked up by its id.
    let path: String
    /// Why something was not accepted, in the door's own words.
    let sentence: @Sendable (FrontDoorError) -> String

    /// 202 with the id for what a door accepts; otherwise why it did not.
    func accept(_ body: () async throws(FrontDoorError) -> String) async -> Reply {
        do throws(FrontDoorError) {
            let id = try await body()
            var reply = Reply(.accepted, ["id": id])
            reply.headers[.location] = path + id
            return reply
        } catch {
            var facts = ["error": sentence(error)]
            if case .unconfirmed(let id) = error { facts["id"] = id }
            var reply = Reply(error.status, facts)
            if case .full(let retryAfter) = error { reply.headers[.retryAfter] = "\(retryAfter.components.seconds)" }
            if let id = facts["id"] { reply.headers[.location] = path + id }
            return reply
        }
    }

    /// Looks up what a request asks for, for as long as it says, and shows it.
    func lookUp(
        _ request: Request, _ context: ConnectionContext, in pipeline: Pipeline,
        _ show: (_ id: String, FoundRun) async throws -> Reply
    ) async throws -> Reply {
        let id = try context.parameters.require("id")
        guard let wait = Self.wait(request.uri.queryParameters["wait"]) else {
            return Reply(.badRequest, ["error": "`wait` takes whole seconds from 0 up, such as 30"])
        }
        do {
            return try await show(id, pipeline.find(id, within: .seconds(wait), context))
        } catch {
            return away(id, plainReason(error))
        }
    }

    /// How many seconds somebody waits; nil for what is no number of them.
    private static func wait(_ text: Substring?) -> Int? {
        guard let text else { return 0 }
        return text.utf8.count <= 9 ? Int(text).flatMap { $0 < 0 ? nil : min($0, 60) } : nil
    }

    /// The refusal to say what nobody can look up for now.
    func away(_ id: String, _ reason: String?) -> Reply {
        let reason = reason.map { ": \($0)" } ?? ""
        var reply = Reply(
            .serviceUnavailable,
            ["id": id, "error": "this cannot be looked up for now\(reason); ask for this id again in a moment"])
        reply.headers[.retryAfter] = "1"
        return reply
    }
}

extension FrontDoorError {
    fileprivate var status: HTTPResponse.Status {
        switch self {
        case .empty, .badID, .badTenant, .notJSON: .badRequest
        case .taken: .conflict
        case .unconfirmed: .gatewayTimeout
        case .tooLong, .payloadTooLong: .contentTooLarge
        case .full, .draining, .unavailable: .serviceUnavailable
        case .unreadable: .unprocessableContent
        }
    }
}
