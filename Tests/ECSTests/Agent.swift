import ECSStandIn
import HTTPTransport

/// The stand-in for ECS's agent and a client, beside a test.
struct Agent: Sendable {
    let standIn: ECSStandIn
    /// What ECS would set.
    let environment: [String: String]
    let client: HTTPClient
    private let arrivals: AsyncStream<ECSStandIn.ProtectionRequest>

    var agentURL: String { environment["ECS_AGENT_URI"] ?? "" }
    var metadataURL: String { environment["ECS_CONTAINER_METADATA_URI_V4"] ?? "" }

    static func run(_ body: @Sendable (Agent) async throws -> Void) async throws {
        let (arrivals, feed) = AsyncStream.makeStream(of: ECSStandIn.ProtectionRequest.self)
        let standIn = ECSStandIn(onRequest: { feed.yield($0) })
        let (addresses, ready) = AsyncStream.makeStream(of: [String: String].self)
        let client = try HTTPClient()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try? await standIn.run { ready.yield($0) } }
            for await environment in addresses {
                try await body(
                    Agent(standIn: standIn, environment: environment, client: client, arrivals: arrivals))
                break
            }
            group.cancelAll()
        }
        await client.shutdown()
    }

    /// Waits for the next request for protection.
    func request() async -> ECSStandIn.ProtectionRequest? {
        for await request in arrivals { return request }
        return nil
    }
}
