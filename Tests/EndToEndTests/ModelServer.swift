import Bedrock
import BedrockStandIn
import Foundation

/// A stand-in for the model in the test's own process, which sees all that it is sent.
struct ModelServer: Sendable {
    private let standIn: StandIn
    /// What makes a program ask this model.
    let environment: [String: String]

    private let arrivals: AsyncStream<Void>

    /// Runs a server beside a test.
    static func run<Value: Sendable>(
        latency: Duration = .zero, _ body: (ModelServer) async throws -> Value
    ) async throws -> Value {
        let keys = AWSCredentials(accessKeyID: "TESTKEY", secretAccessKey: "test-secret")
        let (arrivals, feed) = AsyncStream.makeStream(of: Void.self)
        let standIn = StandIn(
            credentials: keys, region: "ap-south-1", models: ["meta.llama3-70b-instruct-v1:0"], recordsRequests: true,
            onRequest: { _ in feed.yield() })
        standIn.behaviour = StandInBehaviour(latency: latency)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try? await standIn.run() }
            let environment = [
                "SLUICE_BEDROCK_ENDPOINT": "http://127.0.0.1:\(try await standIn.boundPort)",
                "AWS_ACCESS_KEY_ID": keys.accessKeyID, "AWS_SECRET_ACCESS_KEY": keys.secretAccessKey,
            ]
            let value = try await body(ModelServer(standIn: standIn, environment: environment, arrivals: arrivals))
            group.cancelAll()
            return value
        }
    }

    /// Answers at once from now on.
    func hurryUp() { standIn.behaviour = StandInBehaviour() }

    /// Refuses the next calls for what they ask, and answers those after them.
    func refuseNext(_ count: Int) { standIn.behaviour = .next(count, .refuse) }

    /// Lets the next calls come to the same end, and answers those after them.
    func next(_ count: Int, _ fault: StandInBehaviour.Fault) { standIn.behaviour = .next(count, fault) }

    /// The bodies of all calls so far.
    var received: [Data] { standIn.received.map(\.body) }

    /// What the service's log would keep of each call.
    var metadata: [String?] { standIn.received.map(\.metadata) }

    /// Waits until so many calls have arrived since the last wait.
    func calls(_ count: Int) async {
        var seen = 0
        for await _ in arrivals {
            seen += 1
            if seen == count { return }
        }
    }
}
