import Answers
import Foundation
import FunctionKit
import History
import Messaging
import RabbitMQ
import RabbitMQServer
import Testing

@Suite("sluice dead and sluice queues", .timeLimit(.minutes(3)))
struct DeadLetterTests {
    private struct ListJSON: Decodable {
        struct Letter: Decodable {
            let id, function: String
            let error, failed_at, payload: String?
            let attempt, bytes: Int
        }

        let letters: [Letter]
        let total: Int
    }

    private struct ChangesJSON: Decodable {
        struct Letter: Decodable {
            let id: String
        }

        let letters: [Letter]
    }

    private struct QueuesJSON: Decodable {
        struct Queue: Decodable {
            let function, queue: String
            let ready: Int
        }

        let queues: [Queue]
    }

    private func json<Value: Decodable>(
        _ type: Value.Type, _ arguments: [String], _ world: HostWorld
    ) async throws -> Value {
        let ending = try await world.sluice(arguments + ["--manifest", "m.yaml", "--format", "json"])
        #expect(ending.status == 0, "\(ending.errors)")
        return try JSONDecoder().decode(type, from: Data(ending.output.utf8))
    }

    private func text(_ arguments: [String], _ world: HostWorld) async throws -> SluiceProcess.Ending {
        try await world.sluice(arguments + ["--manifest", "m.yaml"])
    }

    /// Lets a host bury two questions whose calls are refused, and a message that is no question.
    private func bury(_ world: HostWorld, _ model: ModelServer) async throws {
        model.refuseNext(2)
        let host = try await HostRun.start(
            in: world.folder, ["--manifest", "m.yaml"], environment: model.environment)
        try await world.ask(["q1", "q2"])
        try await world.send("bad", body: "my number is 9876543210", to: "sluice.rag-core")
        for id in ["q1", "q2", "bad"] { #expect(try await world.history.outcome(of: id).state == .failed) }
        #expect(await host.end() == 0)
    }

    @Test("lists, shows, replays and deletes dead letters")
    func life() async throws {
        try await HostWorld.run(manifest: HostWorld.manifest(concurrency: 4, attempts: 1)) { world in
            try await ModelServer.run { model in
                #expect(try await text(["dead", "list"], world).output == "No dead letters")
                try await bury(world, model)

                let queues = try await json(QueuesJSON.self, ["queues"], world).queues
                #expect(queues.first { $0.function == "llm-connector" && $0.queue == "dead" }?.ready == 2)
                #expect(queues.first { $0.function == "rag-core" && $0.queue == "dead" }?.ready == 1)
                #expect(queues.count == 16)

                // Looking is free, however often.
                for _ in 0..<3 {
                    let list = try await json(ListJSON.self, ["dead", "list"], world)
                    #expect(list.total == 3)
                    #expect(Set(list.letters.map(\.id)) == ["q1", "q2", "bad"])
                    let letter = try #require(list.letters.first { $0.id == "q1" })
                    #expect(letter.function == "llm-connector")
                    #expect(letter.error == "model-rejected (ValidationException)")
                    #expect(letter.attempt == 1 && letter.failed_at != nil && letter.payload == nil)
                }
                let some = try await json(ListJSON.self, ["dead", "list", "--limit", "1"], world)
                #expect(some.letters.count == 1 && some.total == 3)
                let one = try await json(ListJSON.self, ["dead", "list", "--function", "rag-core"], world)
                #expect(one.letters.map(\.id) == ["bad"])

                // No body unless it is asked for.
                let shown = try await text(["dead", "show", "bad"], world)
                #expect(shown.output.contains("23 bytes; add --payload to print it"))
                #expect(!shown.output.contains("9876543210"))
                #expect(try await text(["dead", "list"], world).output.contains("9876543210") == false)
                #expect(try await text(["dead", "show", "bad", "--payload"], world).output.contains("9876543210"))

                // One gets another life with its id, and is answered; the others stay.
                let replayed = try await text(["dead", "replay", "q2"], world)
                #expect(replayed.output == "1 dead letter replayed")
                #expect(try await world.history.run(id: "q2")?.state == .queued)
                let host = try await HostRun.start(
                    in: world.folder, ["--manifest", "m.yaml"], environment: model.environment)
                #expect(try await world.history.outcome(of: "q2").state == .done)
                #expect(await host.end() == 0)
                let left = try await json(ListJSON.self, ["dead", "list"], world)
                #expect(Set(left.letters.map(\.id)) == ["q1", "bad"])

                // Nothing is deleted by accident.
                let unsure = try await text(["dead", "purge", "--all"], world)
                #expect(unsure.status == 2 && unsure.errors.contains("add --yes"))
                #expect(try await json(ListJSON.self, ["dead", "list"], world).total == 2)
                let purged = try await text(["dead", "purge", "bad", "--yes"], world)
                #expect(purged.output == "1 dead letter deleted")
                #expect(try await json(ListJSON.self, ["dead", "list"], world).letters.map(\.id) == ["q1"])
            }
        }
    }

    @Test("of which one is moved back by hand, its question is answered", arguments: HostBroker.allCases)
    func movedByHand(kind: HostBroker) async throws {
        try await HostWorld.run(kind, manifest: HostWorld.manifest(concurrency: 4, attempts: 1)) { world in
            try await ModelServer.run { model in
                let environment = model.environment.merging(world.environment) { $1 }
                model.refuseNext(1)
                let host = try await HostRun.start(
                    in: world.folder, ["--manifest", "m.yaml"], environment: environment)
                try await world.ask(["q"])
                let failed = try await world.history.outcome(of: "q")
                #expect(failed.state == .failed && failed.reason == "model-rejected (ValidationException)")
                // Nothing tells when the letter lies there.
                var letters: [Message] = []
                while letters.isEmpty {
                    letters = try await world.broker.browse("sluice.llm-connector.dead", limit: 1)
                    try await Task.sleep(for: .milliseconds(20))
                }
                // With all that it has, as RabbitMQ's own pages and shovels do.
                try await world.broker.publish(letters[0], to: "sluice.llm-connector")
                let record = try await world.history.outcome(of: "q") { $0.state == .done }
                #expect(record.answer?.isDegraded == false && record.reason == nil)
                #expect(model.received.count == 2)
                let said = try AnswerJSON(try await host.get("/v1/questions/q").body)
                #expect(said.answer == record.answer?.answer)
                #expect(await host.end() == 0)
            }
        }
    }

    @Test("says why RabbitMQ itself buried a letter, and forgets that with the replay")
    func buriedByBroker() async throws {
        try await HostWorld.run(.rabbitMQ, manifest: HostWorld.manifest(concurrency: 4, attempts: 1)) { world in
            // Makes the queues.
            let host = try await HostRun.start(
                in: world.folder, ["--manifest", "m.yaml"],
                environment: HostRun.unused.merging(world.environment) { $1 })
            #expect(await host.end() == 0)
            // As the broker has marked it, after an attempt that failed before.
            let marked = ["sluice-error": "timeout", Message.moveReasonHeader: "delivery-limit"]
            try await world.send("q", body: "{}", marked, to: "sluice.rag-core.dead")
            let list = try await json(ListJSON.self, ["dead", "list"], world)
            #expect(list.letters.map(\.error) == ["delivery-limit"])
            #expect(try await text(["dead", "replay", "q"], world).output == "1 dead letter replayed")
            let waiting = try await world.broker.browse("sluice.rag-core", limit: 1)
            #expect(waiting.map(\.headers) == [["sluice-attempt": "1"]])
        }
    }

    @Test("replays all letters of a function, and what dies again stays dead")
    func replayAll() async throws {
        try await HostWorld.run(manifest: HostWorld.manifest(concurrency: 4, attempts: 1)) { world in
            try await ModelServer.run { model in
                try await bury(world, model)
                let changes = try await json(
                    ChangesJSON.self, ["dead", "purge", "--all", "--function", "rag-core", "--yes"], world)
                #expect(changes.letters.map(\.id) == ["bad"])
                let host = try await HostRun.start(
                    in: world.folder, ["--manifest", "m.yaml"], environment: model.environment)
                let replayed = try await text(["dead", "replay", "--all", "--function", "llm-connector"], world)
                #expect(replayed.output == "2 dead letters replayed")
                for id in ["q1", "q2"] { #expect(try await world.history.outcome(of: id).state == .done) }
                #expect(await host.end() == 0)
                #expect(try await json(ListJSON.self, ["dead", "list"], world).total == 0)
                #expect(try await world.isSound())
            }
        }
    }

    @Test(
        "shows letters of anyone and of any version without what a terminal would act upon, and replays them as they are"
    )
    func hostile() async throws {
        try await HostWorld.run(manifest: HostWorld.manifest(concurrency: 4)) { world in
            let host = try await HostRun.start(
                in: world.folder, ["--manifest", "m.yaml"], environment: HostRun.unused)
            let id = "a\u{1b}[31m\u{202e}b"
            try await world.send(
                id, body: "line\n\u{1b}]0;title\u{7}", ["sluice-format": "99", "x-theirs": "kept"],
                to: "sluice.rag-core")
            #expect(try await world.history.outcome(of: id).reason == "headers-unreadable")
            #expect(await host.end() == 0)
            for arguments in [["dead", "list"], ["dead", "show", id, "--payload"]] {
                let ending = try await text(arguments, world)
                #expect(ending.status == 0, "\(ending.errors)")
                #expect(ending.output.contains("headers-unreadable"))
                #expect(!ending.output.unicodeScalars.contains { ["\u{1b}", "\u{7}", "\u{202e}"].contains($0) })
            }
            let shown = try await json(ListJSON.self, ["dead", "list"], world).letters
            #expect(shown.map(\.id) == [id])
            #expect(try await text(["dead", "replay", "--all"], world).status == 0)
            let waiting = try await world.broker.browse("sluice.rag-core", limit: 10)
            #expect(waiting.map(\.id) == [id])
            #expect(waiting.first?.headers["sluice-format"] == "99")
            #expect(waiting.first?.headers["x-theirs"] == "kept")
            #expect(waiting.first?.headers["sluice-error"] == nil)
        }
    }

    /// A world on a virtual host of its own, whose queues a host has made.
    private func onRabbitMQ(
        _ server: RabbitMQServer, _ body: (HostWorld, _ vhost: String) async throws -> Void
    ) async throws {
        let vhost = try await server.newVhost()
        let manifest = HostWorld.manifest(concurrency: 4, attempts: 1)
        try await HostWorld.run(onRabbitMQ: server.url(vhost: vhost), manifest: manifest) { world in
            let host = try await HostRun.start(
                in: world.folder, ["--manifest", "m.yaml"],
                environment: HostRun.unused.merging(world.environment) { $1 })
            #expect(await host.end() == 0)
            try await body(world, vhost)
        }
    }

    @Test("ends the question of a letter that is deleted before a host has looked at it")
    func purgesUnseen() async throws {
        try await onRabbitMQ(try await RabbitMQServer.shared()) { world, _ in
            try await world.history.accept(
                id: "q", input: Data(#"{"question":"Why?"}"#.utf8), tenant: nil, pipeline: nil, expiresAt: nil)
            try await world.send("q", body: "{}", to: "sluice.rag-core.dead")
            #expect(try await text(["dead", "purge", "q", "--yes"], world).output == "1 dead letter deleted")
            let record = try await world.history.outcome(of: "q")
            #expect(record.state == .failed && record.reason == "dead-lettered")
        }
    }

    @Test("whose replay the broker does not take stays, and so does its question's state")
    func replaysUnderAlarm() async throws {
        let server = try await RabbitMQServer()
        try await onRabbitMQ(server) { world, _ in
            _ = try await world.history.finish(id: "q", .without(.failed, reason: "timeout"))
            try await world.send("q", body: "{}", ["sluice-error": "timeout"], to: "sluice.rag-core.dead")
            try await server.control("set_vm_memory_high_watermark", "absolute", "1MB")
            let ending = try await text(["dead", "replay", "q"], world)
            #expect(ending.status == 1 && ending.errors.contains("nothing was taken within 10 s"), "\(ending.errors)")
            let record = try await world.history.run(id: "q")
            #expect(record?.state == .failed && record?.reason == "timeout")
            try await server.control("set_vm_memory_high_watermark", "0.4")
            #expect(try await json(ListJSON.self, ["dead", "list"], world).letters.map(\.id) == ["q"])
        }
        try await server.die()
    }

    @Test("that no broker can carry stay and are named, and hold up none behind them")
    func replaysTooLarge() async throws {
        let server = try await RabbitMQServer.shared()
        try await onRabbitMQ(server) { world, vhost in
            let publisher = try RawPublisher(server, vhost: vhost)
            let note = RawPublisher.entry(
                Array("x-note".utf8), "S", RawPublisher.long(Array(repeating: UInt8(ascii: "a"), count: 130_030)))
            for (id, headers) in [("large", note), ("good", [])] {
                try publisher.publish(
                    RawPublisher.Properties(headers: headers, id: Array(id.utf8)), to: "sluice.rag-core.dead")
            }
            let ending = try await text(["dead", "replay", "--all"], world)
            #expect(ending.status == 1, "\(ending.output)")
            #expect(
                ending.output.hasPrefix("1 dead letter replayed\n\nKept\n  large of rag-core  "), "\(ending.output)")
            #expect(try await json(ListJSON.self, ["dead", "list"], world).letters.map(\.id) == ["large"])
            #expect(try await world.broker.browse("sluice.rag-core", limit: 2).map(\.id) == ["good"])
        }
    }

    @Test("that are too long to be read keep their bodies, end their questions, and say how to get at them")
    func tooLong() async throws {
        let server = try await RabbitMQServer.shared()
        let vhost = try await server.newVhost()
        let manifest = HostWorld.manifest(concurrency: 4, attempts: 2)
        try await HostWorld.run(onRabbitMQ: server.url(vhost: vhost), manifest: manifest) { world in
            let host = try await HostRun.start(
                in: world.folder, ["--manifest", "m.yaml"],
                environment: HostRun.unused.merging(world.environment) { $1 })
            let publisher = try RawPublisher(server, vhost: vhost)
            let bytes = (16 << 20) + 1
            let queues = ["", ".alone", ".parked", ".dead"]
            for queue in queues {
                let id = "long\(queue)"
                try await world.history.accept(
                    id: id, input: Data("{}".utf8), tenant: nil, pipeline: "test", expiresAt: nil)
                try publisher.publish(
                    RawPublisher.Properties(contentType: Array("application/json".utf8), id: Array(id.utf8)),
                    body: Data(repeating: 0x20, count: bytes), to: "sluice.rag-core\(queue)")
            }
            for queue in queues {
                let record = try await world.history.outcome(of: "long\(queue)")
                #expect(record.state == .failed && record.reason == "body-too-large")
                #expect(record.explanation?.contains("\(bytes) bytes") == true)
            }
            #expect(await host.end() == 0)
            let list = try await json(ListJSON.self, ["dead", "list"], world)
            #expect(Set(list.letters.map(\.id)) == Set(queues.map { "long\($0)" }) && list.total == queues.count)
            #expect(list.letters.allSatisfy { $0.error == "body-too-large" && $0.bytes == bytes })
            let shown = try await text(["dead", "show", "long", "--payload"], world)
            #expect(shown.status == 0 && shown.output.contains("\(bytes) bytes; too long for Sluice; take it from"))
            let replay = try await text(["dead", "replay", "long"], world)
            #expect(replay.status == 1 && replay.errors.contains("sluice.rag-core.dead"), "\(replay.errors)")
            let all = try await text(["dead", "replay", "--all"], world)
            #expect(all.status == 1 && all.output.hasPrefix("0 dead letters replayed\n"), "\(all.output)")
            let record = try await world.history.run(id: "long")
            #expect(record?.state == .failed && record?.reason == "body-too-large")
            #expect(try await text(["dead", "purge", "long", "--yes"], world).output == "1 dead letter deleted")
            #expect(try await text(["dead", "purge", "--all", "--yes"], world).output == "3 dead letters deleted")
            #expect(try await json(ListJSON.self, ["dead", "list"], world).total == 0)
        }
    }

    @Test("says what is wrong with its arguments")
    func usage() async throws {
        try await HostWorld.run(manifest: HostWorld.manifest(concurrency: 4)) { world in
            for (arguments, says) in [
                (["dead", "replay"], "name one id, or --all"),
                (["dead", "replay", "a", "--all"], "name one id, or --all"),
                (["dead", "show", "nobody"], "no dead letter has the id `nobody`"),
                (["dead", "replay", "nobody"], "no dead letter has the id `nobody`"),
                (["dead", "list", "--function", "rag-cor"], "did you mean `rag-core`?"),
                (["queues", "--function", "rag-cor"], "did you mean `rag-core`?"),
                (["dead", "list", "--limit", "0"], "--limit must be at least 1"),
            ] {
                let ending = try await text(arguments, world)
                #expect(ending.status == 2, "\(arguments)")
                #expect(ending.errors.contains(says), "\(ending.errors)")
                #expect(ending.output.isEmpty)
            }
        }
    }
}
