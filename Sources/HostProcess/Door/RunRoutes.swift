import Composition
import FoundationEssentials
import FunctionHost
import FunctionKit
import Hummingbird
import NIOCore

/// The doors of all pipelines over HTTP.
///
/// - `POST /v1/pipelines/NAME/runs` with the first function's input: 202 with the run's id once it is durable. With `?id=ID`
///   of the sender's own it is the same run, however often it is sent.
/// - `GET /v1/runs/ID`: the run as ``RunReport`` shows it; `?wait=SECONDS` waits up to 60 s for its end.
struct RunRoutes {
    private static let replies = DoorReplies(path: "/v1/runs/") { $0.sentence }

    let pipeline: Pipeline

    func add(to router: Router<ConnectionContext>) {
        router.post("v1/pipelines/:name/runs") { [self] request, context in
            let name = try context.parameters.require("name")
            let door: FrontDoor
            do throws(OperatorProblem) {
                door = try pipeline.door(named: name)
            } catch {
                return Reply(.notFound, ["error": error.description])
            }
            let bytesMax = FrontDoor.payloadBytesMax
            let payload = try await context.body(of: request, upTo: bytesMax).collect(upTo: bytesMax)
            let id = request.uri.queryParameters["id"].map(String.init)
            return await Self.replies.accept { () async throws(FrontDoorError) in
                try await door.accept(payload: Data(payload.readableBytesView), id: id)
            }
        }
        router.get("v1/runs/:id") { [self] request, context in
            try await Self.replies.lookUp(request, context, in: pipeline) { id, found in try show(id, found) }
        }
    }

    private static let unconfirmed =
        "the queue was sent the message and has not said that it has it; ask for this id again in a moment, or send the"
        + " message again under this id"

    /// Shows what is known of a run.
    private func show(_ id: String, _ found: FoundRun) throws -> Reply {
        switch found {
        case .away(let reason): Self.replies.away(id, reason)
        case .none: Reply(.notFound, ["error": "no run has this id"])
        case .unconfirmed: Reply(.ok, ["id": id, "state": "unconfirmed", "explanation": Self.unconfirmed])
        case .noted(let note):
            Reply(.ok, json: try RunReport(note, isWorkedOn: pipeline.host.invoker.isWorking(on: id)).json())
        case .known(let record): Reply(.ok, json: try pipeline.report(run: record).json())
        }
    }
}
