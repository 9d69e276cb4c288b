import Foundation
import Messaging
import RabbitMQServer
import TestSupport
import Testing

@Suite("a host whose user loses rights in RabbitMQ", .timeLimit(.minutes(2)))
struct BrokerRightsTests {
    /// Asks until `/readyz` answers with a status: nothing tells when it does.
    private func readiness(of host: HostRun, reach status: Int) async throws -> String {
        while true {
            let answer = try await host.get("/readyz")
            if answer.status == status { return answer.body }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    @Test("says at once that nothing is stored, which right is missing and where, and goes on when it is given")
    func write() async throws {
        let server = try await RabbitMQServer.shared()
        let vhost = try await server.newVhost()
        let allow = { (write: String) in
            _ = try await server.api(
                "PUT", "permissions/\(vhost)/\(RabbitMQServer.user)",
                body: #"{"configure":".*","write":"\#(write)","read":".*"}"#)
        }
        let folder = try TemporaryFolder()
        let environment = HostRun.unused.merging(["SLUICE_BROKER_URL": server.url(vhost: vhost)]) { $1 }
        // Nothing consumes what is accepted here.
        let host = try await HostRun.start(
            in: folder.url, ["--functions", "pii-filter"], environment: environment)
        _ = try await readiness(of: host, reach: 200)
        try await allow("^$")
        let unready = try await readiness(of: host, reach: 503)
        #expect(unready.contains("amq.default") && unready.contains("give the user the right to write"), "\(unready)")
        let start = ContinuousClock.now
        let answer = try await host.get("/v1/questions", post: #"{"question": "Is my phone faulty?"}"#)
        #expect(.now - start < .seconds(4))
        #expect(answer.status == 503 && answer.body.contains("could not be stored"), "\(answer)")
        try await allow(".*")
        _ = try await readiness(of: host, reach: 200)
        let again = try await host.get("/v1/questions", post: #"{"question": "Is my phone faulty?"}"#)
        #expect(again.status == 202)
        host.process.signal(SIGTERM)
        let loud = try await host.rest().filter { ["warning", "error"].contains($0["level"] as? String) }
        #expect(loud.compactMap { $0["message"] as? String } == ["broker does not let this user publish"])
        #expect(await host.process.status() == 0)
        // What was refused is nowhere.
        let broker = try await HostBroker.open(url: server.url(vhost: vhost)).0
        #expect(try await broker.browse("sluice.rag-core", limit: 100).count == 1)
        await broker.close()
    }
}
