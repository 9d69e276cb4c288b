import Foundation
import History
import PostgresTestServer
import RabbitMQServer
import TestSupport
import Testing

@Suite("Looking up a question", .timeLimit(.minutes(3)))
struct LookUpTests {
    private struct Facts: Decodable {
        let id, state, error: String?
    }

    private func look(_ path: String, at host: HostRun) async throws -> (status: Int, facts: Facts, took: Duration) {
        let start = ContinuousClock.now
        let (status, body, _) = try await host.get(path)
        return (status, try JSONDecoder().decode(Facts.self, from: Data(body.utf8)), .now - start)
    }

    @Test(
        "is refused with the reason while the history is away, and never taken for an unknown one",
        arguments: [true, false])
    func historyAway(isKilled: Bool) async throws {
        let broker = try await RabbitMQServer.shared()
        let database = try await PostgresTestServer()
        try await HostWorld.run(
            onRabbitMQ: broker.url(vhost: try await broker.newVhost()), database: .postgres(database),
            manifest: HostWorld.manifest(concurrency: 1)
        ) { world in
            try await ModelServer.run { model in
                let host = try await HostRun.start(
                    in: world.folder, ["--manifest", "m.yaml"],
                    environment: model.environment.merging(world.environment) { $1 })
                let asked = #"{"question": "My phone is faulty.", "id": "answered"}"#
                #expect(try await host.get("/v1/questions", post: asked).status == 202)
                #expect(try await look("/v1/questions/answered?wait=60", at: host).status == 200)
                if isKilled { await database.kill() } else { database.freeze(true) }
                for path in ["answered", "unknown", "answered?wait=1", "unknown?wait=1"] {
                    let (status, facts, took) = try await look("/v1/questions/\(path)", at: host)
                    #expect(status == 503 && took < .seconds(5), "\(path): \(status) after \(took)")
                    #expect(facts.id.map { path.hasPrefix($0) } == true)
                    let error = facts.error ?? ""
                    #expect(error.hasPrefix("this cannot be looked up for now: "), "\(error)")
                    #expect(error.hasSuffix("; ask for this id again in a moment"), "\(error)")
                }
                // What this host has taken meanwhile it knows by itself.
                let later = #"{"question": "My mixer is faulty.", "id": "later"}"#
                #expect(try await host.get("/v1/questions", post: later).status == 202)
                let (status, facts, _) = try await look("/v1/questions/later", at: host)
                #expect(status == 200 && facts.state == "accepted", "\(status) \(facts)")
                if isKilled { try await database.start() } else { database.freeze(false) }
                // Nothing tells when the host has connected again.
                while try await look("/v1/questions/unknown", at: host).status == 503 {}
                #expect(try await look("/v1/questions/unknown", at: host).status == 404)
                #expect(try await look("/v1/questions/answered", at: host).status == 200)
                #expect(try await world.history.outcome(of: "later").state == .done)
                #expect(await host.end() == 0)
            }
        }
        await database.stop()
    }
}
