import ECS
import ECSStandIn
import Foundation
import HTTPTransport
import Testing

@Suite("The task's metadata", .timeLimit(.minutes(1)))
struct TaskMetadataTests {
    @Test("tells task and zone")
    func fetched() async throws {
        try await Agent.run { agent in
            let task = try await TaskMetadata.fetch(from: agent.metadataURL, with: agent.client)
            #expect(task.taskID == agent.standIn.taskID)
            #expect(task.availabilityZone == "ap-south-1a")
        }
    }

    @Test("is read from what ECS's guide shows, and needs no zone")
    func json() throws {
        let task = try TaskMetadata(
            json: Data(
                #"{"Cluster":"default","TaskARN":"arn:aws:ecs:us-west-2:1:task/default/158d1c80","Containers":[]}"#.utf8
            ))
        #expect(task.taskID == "158d1c80")
        #expect(task.availabilityZone == nil)
        #expect(throws: TaskMetadata.Problem.unreadable) { try TaskMetadata(json: Data("{}".utf8)) }
        #expect(throws: TaskMetadata.Problem.unreadable) { try TaskMetadata(json: Data("<html>".utf8)) }
    }

    @Test("that is not there is a problem, not a wait")
    func missing() async throws {
        try await Agent.run { agent in
            await #expect(throws: TaskMetadata.Problem.refused(status: 404)) {
                try await TaskMetadata.fetch(from: agent.metadataURL + "/x", with: agent.client)
            }
            await #expect(throws: TaskMetadata.Problem.self) {
                try await TaskMetadata.fetch(from: "http://127.0.0.1:1", with: agent.client)
            }
        }
    }
}
