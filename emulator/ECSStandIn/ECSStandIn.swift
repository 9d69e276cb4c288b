import FoundationEssentials
import HTTPServing
package import Hummingbird
import Logging
import NIOCore
import Synchronization

/// The endpoints that ECS's agent gives a task on Fargate: metadata version 4 and task protection.
///
/// It answers as the agent does, also to requests that are wrong:
/// - `GET /v4/ID/task`: the task; `GET /v4/ID`: its container.
/// - `GET` and `PUT /api/ID/task-protection/v1/state`: the protection.
///
/// See <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-fargate.html> and
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection-endpoint.html>.
package final class ECSStandIn: Sendable {
    /// What becomes of a request for protection instead of an answer.
    package enum Fault: Sendable, Hashable {
        /// 200 with a `failure`, as ECS itself refuses.
        case refuse(reason: String)
        /// Another status with an `error`, as the agent refuses.
        case fail(status: Int, code: String)
        /// No answer until the request is cancelled.
        case stall
    }

    /// A request for protection that was well formed.
    package struct ProtectionRequest: Sendable, Hashable {
        /// Whether to protect or to stop protecting.
        package let isEnabled: Bool
        /// For how long.
        package let minutes: Int?

        /// Makes a request.
        package init(isEnabled: Bool, minutes: Int?) {
            self.isEnabled = isEnabled
            self.minutes = minutes
        }
    }

    private struct State {
        var faults: [Fault] = []
        var requests: [ProtectionRequest] = []
        var expiresAt: Date?
    }

    /// The name that stands in both addresses.
    package static let id = "5f1e7a30b7c44be1a2d0c6a1f3b8d9e7-1234567890"
    /// The task's id.
    package let taskID: String
    private let availabilityZone: String
    private let state = Mutex(State())
    private let onRequest: (@Sendable (ProtectionRequest) -> Void)?

    /// Makes a stand-in for one task.
    ///
    /// - Parameters:
    ///   - taskID: The last part of its ARN.
    ///   - availabilityZone: Where it runs.
    ///   - onRequest: Called with each request for protection that is well formed, before its fate is carried out.
    package init(
        taskID: String = "158d1c8083dd49d6b527399fd6414f5c", availabilityZone: String = "ap-south-1a",
        onRequest: (@Sendable (ProtectionRequest) -> Void)? = nil
    ) {
        self.taskID = taskID
        self.availabilityZone = availabilityZone
        self.onRequest = onRequest
    }

    /// The fates of the next requests for protection, one a request, in order; later ones are answered.
    package var faults: [Fault] {
        get { state.withLock { $0.faults } }
        set { state.withLock { $0.faults = newValue } }
    }

    /// All requests for protection that were well formed.
    package var requests: [ProtectionRequest] { state.withLock { $0.requests } }

    private var taskARN: String { "arn:aws:ecs:ap-south-1:111122223333:task/sluice/\(taskID)" }

    /// Adds the endpoints to a router.
    package func add(to router: Router<some RequestContext>) {
        let (metadata, protection): (RouterPath, RouterPath) = (
            "v4/\(Self.id)", "api/\(Self.id)/task-protection/v1/state"
        )
        router.get(metadata) { [self] _, _ in ECSReply(.ok, container) }
        router.get(RouterPath("v4/\(Self.id)/task")) { [self] _, _ in ECSReply(.ok, task) }
        router.get(protection) { [self] _, _ in ECSReply(.ok, ProtectionAnswer(protection: current)) }
        router.put(protection) { [self] request, _ in
            try await update(Data((try await request.body.collect(upTo: 4096)).readableBytesView))
        }
    }

    /// Serves on a loopback port of its own until the task is cancelled.
    ///
    /// - Parameters:
    ///   - port: 0 for any that is free.
    ///   - onReady: Called once with the variables that ECS would set.
    /// - Throws: Where the port is in use.
    package func run(
        port: Int = 0, onReady: @escaping @Sendable (_ environment: [String: String]) async -> Void
    ) async throws {
        let router = Router()
        add(to: router)
        let application = Application(
            router: router, configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port)),
            onServerRunning: { channel in
                let address = "http://127.0.0.1:\(channel.localAddress?.port ?? port)"
                await onReady([
                    "ECS_CONTAINER_METADATA_URI_V4": "\(address)/v4/\(Self.id)",
                    "ECS_AGENT_URI": "\(address)/api/\(Self.id)",
                ])
            },
            // Its own log would name paths and errors of connections, which are nobody's business here.
            logger: Logger(label: "ecs-stand-in", factory: { _ in SwiftLogNoOpLogHandler() }))
        try await application.serve()
    }

    private var current: ProtectionState {
        let expiresAt = state.withLock { $0.expiresAt }.flatMap { $0 > .now ? $0 : nil }
        return ProtectionState(
            ExpirationDate: expiresAt?.formatted(.iso8601), ProtectionEnabled: expiresAt != nil, TaskArn: taskARN)
    }

    private func update(_ body: Data) async throws -> ECSReply {
        let request: ProtectionRequest
        do throws(Malformed) {
            request = try ProtectionRequest(body)
        } catch {
            return ECSReply(
                .badRequest,
                ProtectionAnswer(
                    error: .init(Arn: taskARN, Code: "InvalidParameterException", Message: error.message)))
        }
        let fault = state.withLock { state in
            state.requests.append(request)
            return state.faults.isEmpty ? nil : state.faults.removeFirst()
        }
        onRequest?(request)
        switch fault {
        case .refuse(let reason):
            return ECSReply(
                .ok, ProtectionAnswer(failure: .init(Arn: taskARN, Detail: "refused", Reason: reason)))
        case .fail(let status, let code):
            return ECSReply(
                .init(code: status),
                ProtectionAnswer(error: .init(Arn: taskARN, Code: code, Message: "failed"), requestID: "1-2-3"))
        case .stall:
            try await Task.sleep(for: .seconds(3600))
            return ECSReply(.gatewayTimeout, ProtectionAnswer())
        case nil:
            // Two hours where nothing is said, as ECS has it.
            let seconds = Double(request.minutes ?? 120) * 60
            state.withLock { $0.expiresAt = request.isEnabled ? Date.now.addingTimeInterval(seconds) : nil }
            return ECSReply(.ok, ProtectionAnswer(protection: current))
        }
    }
}

// MARK: - Wire

/// What is wrong with a request.
private struct Malformed: Error {
    let message: String
}

extension ECSStandIn.ProtectionRequest {
    fileprivate init(_ body: Data) throws(Malformed) {
        guard let fields = try? JSONDecoder().decode([String: Value].self, from: body),
            fields.keys.allSatisfy({ ["ProtectionEnabled", "ExpiresInMinutes"].contains($0) })
        else { throw Malformed(message: "UpdateTaskProtection: failed to decode request") }
        guard case .bool(let isEnabled) = fields["ProtectionEnabled"] else {
            throw Malformed(message: "Invalid request: does not contain 'ProtectionEnabled' field")
        }
        self.isEnabled = isEnabled
        switch fields["ExpiresInMinutes"] {
        case nil: minutes = nil
        case .int(let value) where (1...2880).contains(value): minutes = value
        default: throw Malformed(message: "Invalid request: 'ExpiresInMinutes' must be from 1 to 2880")
        }
    }

    private enum Value: Decodable {
        case bool(Bool)
        case int(Int)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            self =
                if let value = try? container.decode(Bool.self) { .bool(value) } else {
                    .int(try container.decode(Int.self))
                }
        }
    }
}

private struct ProtectionState: Encodable {
    let ExpirationDate: String?
    let ProtectionEnabled: Bool
    let TaskArn: String
}

private struct ProtectionAnswer: Encodable {
    struct Failure: Encodable {
        let Arn, Detail, Reason: String
    }

    struct Failed: Encodable {
        let Arn, Code, Message: String
    }

    var protection: ProtectionState?
    var failure: Failure?
    var error: Failed?
    var requestID: String?
}

extension ECSStandIn {
    private struct Container: Encodable {
        let DockerId, Name, Image, DesiredStatus, KnownStatus: String
    }

    private struct TaskBody: Encodable {
        let Cluster, TaskARN, Family, Revision, DesiredStatus, KnownStatus, LaunchType: String
        let AvailabilityZone: String
        let Containers: [Container]
    }

    private var container: Container {
        Container(
            DockerId: Self.id, Name: "host", Image: "sluice:latest", DesiredStatus: "RUNNING", KnownStatus: "RUNNING")
    }

    private var task: TaskBody {
        TaskBody(
            Cluster: "arn:aws:ecs:ap-south-1:111122223333:cluster/sluice", TaskARN: taskARN, Family: "sluice",
            Revision: "1", DesiredStatus: "RUNNING", KnownStatus: "RUNNING", LaunchType: "FARGATE",
            AvailabilityZone: availabilityZone, Containers: [container])
    }
}

/// A JSON answer.
private struct ECSReply: ResponseGenerator {
    let status: HTTPResponse.Status
    let body: Data

    init(_ status: HTTPResponse.Status, _ value: some Encodable) {
        self.status = status
        // Texts, whole numbers and flags always encode.
        body = (try? JSONEncoder().encode(value)) ?? Data("{}".utf8)
    }

    func response(from request: Request, context: some RequestContext) throws -> Response {
        Response(
            status: status, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }
}
