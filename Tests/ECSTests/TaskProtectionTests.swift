import ECS
import ECSStandIn
import Foundation
import HTTPTransport
import Testing

@Suite("The task's protection", .timeLimit(.minutes(1)))
struct TaskProtectionTests {
    @Test("is set and removed, as the agent shows then")
    func set() async throws {
        try await Agent.run { agent in
            let protection = TaskProtection(agentURL: agent.agentURL, client: agent.client)
            try await protection.set(minutes: 10, timeout: .seconds(5))
            #expect(agent.standIn.requests == [.init(isEnabled: true, minutes: 10)])
            let url = agent.agentURL + "/task-protection/v1/state"
            let shown = try await agent.client.send(HTTPRequest(method: "GET", url: url))
            #expect(String(decoding: shown.body, as: UTF8.self).contains("\"ProtectionEnabled\":true"))
            try await protection.set(minutes: nil, timeout: .seconds(5))
            #expect(agent.standIn.requests.last == .init(isEnabled: false, minutes: nil))
        }
    }

    @Test("is not set where ECS or its agent refuses, in each of their ways")
    func refusals() async throws {
        try await Agent.run { agent in
            let protection = TaskProtection(agentURL: agent.agentURL, client: agent.client)
            agent.standIn.faults = [
                .refuse(reason: "DEPLOYMENT_BLOCKED"), .fail(status: 403, code: "AccessDeniedException"),
                .fail(status: 504, code: "RequestCanceled"), .stall,
            ]
            await #expect(throws: TaskProtectionError.refused(reason: "DEPLOYMENT_BLOCKED")) {
                try await protection.set(minutes: 10, timeout: .seconds(5))
            }
            let denied = TaskProtectionError.failed(status: 403, code: "AccessDeniedException")
            await #expect(throws: denied) { try await protection.set(minutes: 10, timeout: .seconds(5)) }
            #expect(denied.description.contains("allow ecs:UpdateTaskProtection"))
            await #expect(throws: TaskProtectionError.failed(status: 504, code: "RequestCanceled")) {
                try await protection.set(minutes: 10, timeout: .seconds(5))
            }
            await #expect(throws: TaskProtectionError.unreachable(.timedOut(wasSent: true))) {
                try await protection.set(minutes: 10, timeout: .milliseconds(200))
            }
        }
    }

    @Test(
        "the stand-in refuses what the agent refuses",
        arguments: [
            "{}", "{\"ProtectionEnabled\":1}", "{\"ProtectionEnabled\":true,\"Expires\":1}", "nothing",
            "{\"ProtectionEnabled\":true,\"ExpiresInMinutes\":0}",
            "{\"ProtectionEnabled\":true,\"ExpiresInMinutes\":2881}",
        ])
    func malformed(body: String) async throws {
        try await Agent.run { agent in
            let answer = try await agent.client.send(
                HTTPRequest(
                    method: "PUT", url: agent.agentURL + "/task-protection/v1/state", body: Data(body.utf8)))
            #expect(answer.status == 400)
            #expect(String(decoding: answer.body, as: UTF8.self).contains("InvalidParameterException"))
            #expect(agent.standIn.requests.isEmpty)
        }
    }
}
