package import FoundationEssentials
package import HTTPTransport

/// What ECS tells a task about itself: which one it is, and where it runs.
///
/// See <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-fargate-response.html>.
package struct TaskMetadata: Sendable, Hashable {
    /// The last part of the task's ARN.
    package let taskID: String
    /// Such as `ap-south-1a`; nil where ECS does not say.
    package let availabilityZone: String?

    /// Why there is no metadata.
    package enum Problem: Error, Sendable, Hashable {
        /// The endpoint did not answer.
        case unreachable(HTTPError)
        /// It answered with another status than 200.
        case refused(status: Int)
        /// It answered something else than a task.
        case unreadable
    }

    /// Reads the body of the answer.
    ///
    /// - Throws: ``Problem/unreadable``.
    package init(json: Data) throws(Problem) {
        struct Body: Decodable {
            let TaskARN: String
            let AvailabilityZone: String?
        }
        guard let body = try? JSONDecoder().decode(Body.self, from: json),
            let taskID = body.TaskARN.split(separator: "/").last
        else { throw .unreadable }
        self.taskID = String(taskID)
        availabilityZone = body.AvailabilityZone
    }

    /// Asks ECS.
    ///
    /// - Parameters:
    ///   - url: The value of `ECS_CONTAINER_METADATA_URI_V4`.
    ///   - client: Sends the request.
    /// - Returns: What it told.
    /// - Throws: ``Problem``.
    package static func fetch(from url: String, with client: HTTPClient) async throws(Problem) -> TaskMetadata {
        let response: HTTPResponse
        do throws(HTTPError) {
            // The endpoint is on the machine itself; a start must not wait long for what only the log needs.
            response = try await client.send(
                HTTPRequest(
                    method: "GET", url: "\(url)/task", timeout: .seconds(2), responseBytesMax: 1 << 20,
                    connectTimeout: .seconds(1)))
        } catch {
            throw .unreachable(error)
        }
        guard response.status == 200 else { throw .refused(status: response.status) }
        return try TaskMetadata(json: response.body)
    }
}

extension TaskMetadata.Problem: CustomStringConvertible {
    /// One sentence for a person.
    package var description: String {
        switch self {
        case .unreachable(let error): "the metadata endpoint did not answer: \(error)"
        case .refused(let status): "the metadata endpoint answered \(status)"
        case .unreadable: "the metadata endpoint answered something else than a task"
        }
    }
}
