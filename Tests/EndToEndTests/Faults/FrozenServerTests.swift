import Foundation
import Logging
import Messaging
import PostgresTestServer
import RabbitMQ
import RabbitMQServer
import TestSupport
import Testing

@Suite("A command says in one line that a server stands still, and ends with 1", .serialized, .timeLimit(.minutes(3)))
struct FrozenServerTests {
    private static let question = "What is a defect?"
    private static let event =
        "@" + SluiceProcess.repository + "/functions/llm-connector/events/passages.json"
    /// A start, and an end: a debug build on a busy machine, with others beside it.
    private static let overshootMax = Duration.seconds(5)

    /// Runs commands beside each other, each with the most seconds that it waits, and checks how they end.
    private static func run(
        _ commands: [(words: [String], seconds: Int)], in folder: URL, _ environment: [String: String], says: String
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for command in commands {
                group.addTask {
                    let start = ContinuousClock.now
                    let ending = try await SluiceProcess.run(command.words, in: folder, environment: environment)
                    let took = ContinuousClock.now - start
                    let errors = ending.errors.split(separator: "\n")
                    #expect(ending.status == 1 && ending.output.isEmpty, "\(command.words)")
                    #expect(
                        errors.count == 1 && errors.first?.hasPrefix("sluice: \(says)") == true, "\(command) \(errors)")
                    #expect(took < .seconds(command.seconds) + overshootMax, "\(command.words) \(took)")
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("where that is RabbitMQ, at the start")
    func broker() async throws {
        let server = try await RabbitMQServer()
        let folder = try TemporaryFolder()
        try await SluiceProcess.beginLedger(in: folder.url)
        let url = server.url(vhost: try await server.newVhost())
        server.freeze()
        try await Self.run(
            [
                (["queues"], 5), (["dead", "list"], 5), (["dead", "show", "q"], 5), (["dead", "replay", "--all"], 5),
                (["dead", "purge", "--all", "--yes"], 5), (["ask", "--wait", "3", Self.question], 3),
            ], in: folder.url, HostRun.unused.merging(["SLUICE_BROKER_URL": url]) { $1 },
            says: "RabbitMQ at 127.0.0.1:\(server.port) did not answer in time")
        server.thaw()
    }

    @Test("where that is RabbitMQ, in the middle of its work")
    func brokerLater() async throws {
        let server = try await RabbitMQServer.shared()
        let proxy = try LoopbackProxy(to: server.port)
        var configuration = try RabbitMQConfiguration(
            url: server.url(vhost: try await server.newVhost(), port: proxy.port), connectionName: "test")
        configuration.answerTimeout = .seconds(1)
        let broker = try await RabbitMQBroker.connect(
            configuration, logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
        try await broker.declare([QueueSpecification(name: "q", lengthMax: 10)])
        proxy.hold()
        let start = ContinuousClock.now
        await #expect(throws: BrokerError.self) { try await broker.depth(of: "q") }
        #expect(.now - start < .seconds(2))
        await broker.close()
        #expect(.now - start < .seconds(5))
        proxy.close()
    }

    @Test("where that is PostgreSQL, at the start")
    func database() async throws {
        let server = try await PostgresTestServer()
        let folder = try TemporaryFolder()
        try await SluiceProcess.beginLedger(in: folder.url)
        let url = try await server.makeDatabase("frozen")
        #expect(
            try await SluiceProcess.run(["migrate"], in: folder.url, environment: ["DATABASE_URL": url]).status == 0)
        server.freeze(true)
        try await Self.run(
            [
                (["budget", "status"], 5), (["history", "export"], 5), (["dead", "list"], 5),
                (["migrate", "--dry-run"], 5), (["ask", "--wait", "3", Self.question], 3),
                (["invoke", "llm-connector", "--wait", "3", "--payload", Self.event], 3),
            ], in: folder.url, HostRun.unused.merging(["DATABASE_URL": url]) { $1 },
            says: "cannot connect to PostgreSQL at 127.0.0.1:\(server.port), database frozen: no answer within ")
        server.freeze(false)
        await server.stop()
    }

    @Test("where nobody is at Chroma's address")
    func chroma() async throws {
        let folder = try TemporaryFolder()
        let port = try LoopbackPort.free()
        let environment = HostRun.unused.merging(["SLUICE_CHROMA_URL": "http://127.0.0.1:\(port)"]) { $1 }
        try Data("# A note\n\nA kettle.\n".utf8).write(to: folder.url.appending(path: "note.md"))
        try await Self.run(
            [(["ingest", "note.md"], 5), (["ingest", "--dry-run", "note.md"], 5)], in: folder.url, environment,
            says: "Chroma cannot be reached at http://127.0.0.1:\(port) ")
        for seconds in [3, 5] {
            let start = ContinuousClock.now
            let ending = try await SluiceProcess.run(
                ["ask", "--wait", "\(seconds)", Self.question], in: folder.url, environment: environment)
            #expect(ending.status == 1 && .now - start < .seconds(seconds) + Self.overshootMax, "\(ending.errors)")
            // What is asked within the wait is accepted.
            #expect(ending.errors.contains("was not answered within \(seconds) s"), "\(ending.errors)")
            #expect(seconds < 5 || ending.errors.contains("5 s: chroma-unreachable; see"), "\(ending.errors)")
        }
    }
}
