import FoundationEssentials
package import HTTPTransport

/// Asks ECS not to stop this task for a deployment or to scale in.
///
/// It does not hold off the end of Spot capacity. See
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection-endpoint.html>.
package struct TaskProtection: Sendable {
    private let url: String
    private let client: HTTPClient

    /// Makes a client.
    ///
    /// - Parameters:
    ///   - agentURL: The value of `ECS_AGENT_URI`.
    ///   - client: Sends the requests; the caller shuts it down.
    package init(agentURL: String, client: HTTPClient) {
        url = "\(agentURL)/task-protection/v1/state"
        self.client = client
    }

    /// Sets the protection for some minutes, or removes it.
    ///
    /// - Parameters:
    ///   - minutes: 1 to 2880; nil to remove it.
    ///   - timeout: How long ECS may take.
    /// - Throws: ``TaskProtectionError``; what is in force then is unknown.
    package func set(minutes: Int?, timeout: Duration) async throws(TaskProtectionError) {
        let body =
            minutes.map { "{\"ProtectionEnabled\":true,\"ExpiresInMinutes\":\($0)}" } ?? "{\"ProtectionEnabled\":false}"
        let response: HTTPResponse
        do throws(HTTPError) {
            response = try await client.send(
                HTTPRequest(
                    method: "PUT", url: url, headers: [("Content-Type", "application/json")], body: Data(body.utf8),
                    timeout: timeout, responseBytesMax: 64 << 10, connectTimeout: .seconds(1)))
        } catch {
            throw .unreachable(error)
        }
        guard let answer = try? JSONDecoder().decode(Answer.self, from: response.body) else {
            throw .unreadable(status: response.status)
        }
        // ECS's own refusal comes with status 200.
        if let failure = answer.failure { throw .refused(reason: failure.Reason ?? "no reason given") }
        if let error = answer.error { throw .failed(status: response.status, code: error.Code) }
        guard response.status == 200, let protection = answer.protection,
            protection.ProtectionEnabled == (minutes != nil)
        else { throw .unreadable(status: response.status) }
    }

    private struct Answer: Decodable {
        struct Protection: Decodable {
            let ProtectionEnabled: Bool
        }

        struct Failure: Decodable {
            let Reason: String?
        }

        struct Error: Decodable {
            let Code: String
        }

        let protection: Protection?
        let failure: Failure?
        let error: Error?
    }
}

/// Why the protection was not changed.
package enum TaskProtectionError: Error, Sendable, Hashable {
    /// The agent did not answer.
    case unreachable(HTTPError)
    /// ECS said no, such as `DEPLOYMENT_BLOCKED` or `TASK_NOT_VALID`.
    case refused(reason: String)
    /// The agent said no, such as 403 `AccessDeniedException` for a task without the right.
    case failed(status: Int, code: String)
    /// The agent answered something else.
    case unreadable(status: Int)
}

extension TaskProtectionError: CustomStringConvertible {
    /// One sentence for a person, with what to do.
    package var description: String {
        switch self {
        case .unreachable(let error): "the ECS agent did not answer: \(error)"
        case .refused(let reason): "ECS refused: \(reason)"
        case .failed(let status, let code) where status == 403:
            "the ECS agent answered 403 \(code); allow ecs:UpdateTaskProtection in the task's role"
        case .failed(let status, let code): "the ECS agent answered \(status) \(code)"
        case .unreadable(let status): "the ECS agent answered \(status) with something else than a state"
        }
    }
}
