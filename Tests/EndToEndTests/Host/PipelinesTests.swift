import Foundation
import FunctionKit
import History
import TestSupport
import Testing

/// Several pipelines in one manifest, and messages that are sent through them.
@Suite("several pipelines in one manifest", .timeLimit(.minutes(3)))
struct PipelinesTests {
    /// The first application beside two pipelines of one's own, of which one is made of the first one's filter.
    static let manifest = """
        pipelines:
          rights:
            first: pii-filter
            functions:
              pii-filter: {next: rag-core, redacts: true}
              rag-core: {next: llm-connector}
              llm-connector:
                next: psql-worker
                timeout: 45s
                model: {provider: bedrock, region: ap-south-1, id: "meta.llama3-70b-instruct-v1:0"}
              psql-worker: {}
          shouts:
            first: shout
            functions:
              shout: {concurrency: 8, next: shout-again, passthrough: true}
              shout-again: {function: shout}
          filters:
            first: filter
            functions:
              filter: {function: pii-filter, next: search, redacts: true}
              search: {function: rag-core}

        """
    private static let options = ["--manifest", "m.yaml"]

    /// Starts an emulator in a folder.
    private func emulator(in folder: TemporaryFolder) async throws -> HostRun {
        try Data(Self.manifest.utf8).write(to: folder.url.appending(path: "m.yaml"))
        let process = try SluiceProcess(
            ["emulate", "--port", "0"] + Self.options, in: folder.url, executable: OwnFunctionsTests.binary)
        let ready = try #require(await process.line(with: "ready on"), "\(process.errors)")
        let port = try #require(ready.firstMatch(of: /127\.0\.0\.1:(\d+)/)?.1)
        return HostRun(process: process, address: "http://127.0.0.1:\(port)")
    }

    private func send(
        _ arguments: [String], in folder: TemporaryFolder, environment: [String: String] = [:]
    ) async throws -> SluiceProcess.Ending {
        try await SluiceProcess.run(
            ["send"] + arguments + Self.options, in: folder.url, environment: environment,
            executable: OwnFunctionsTests.binary)
    }

    private func object(_ json: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any], "\(json)")
    }

    @Test("are served side by side, each by its name, and the first by the questions' door too")
    func serves() async throws {
        let folder = try TemporaryFolder()
        let emulator = try await emulator(in: folder)
        let path = "/v1/pipelines/shouts/runs?id=s1"
        for _ in 1...2 {
            let sent = try await emulator.get(path, post: #"{"text": "hello"}"#)
            #expect(sent.status == 202)
            #expect(try object(sent.body)["id"] as? String == "s1")
        }
        #expect(try await emulator.get(path, post: #"{"text": "other"}"#).status == 409)
        var run = try object(try await emulator.get("/v1/runs/s1?wait=20").body)
        #expect(run["state"] as? String == "done")
        #expect(run["pipeline"] as? String == "shouts")
        #expect((run["output"] as? [String: Any])?["text"] as? String == "HELLO")
        // How long the last one took is written beside the end of the run, and nothing tells of it.
        while (run["stages"] as? [[String: Any]])?.count != 2 {
            run = try object(try await emulator.get("/v1/runs/s1").body)
        }
        #expect(
            (run["stages"] as? [[String: Any]])?.compactMap { $0["function"] as? String } == ["shout", "shout-again"])
        #expect(run["cost_usd"] as? String == "0.00")

        // By either name it is the same thing.
        let question = #"{"question": "My new phone is faulty. My mail is a.b@example.com. What can I do?"}"#
        #expect(try await emulator.get("/v1/pipelines/rights/runs?id=q1", post: question).status == 202)
        let answer = try object(try await emulator.get("/v1/questions/q1?wait=30").body)
        let output = try #require(try object(try await emulator.get("/v1/runs/q1").body)["output"] as? [String: Any])
        #expect(answer["answer"] as? String == output["answer"] as? String)
        #expect(output["question"] as? String == answer["question_redacted"] as? String)
        #expect(try await emulator.get("/v1/pipelines/filters/runs?id=f1", post: question).status == 202)
        let filtered = try await emulator.get("/v1/runs/f1?wait=20").body
        #expect(try object(filtered)["state"] as? String == "done")
        #expect(!filtered.contains("example.com"))

        // The last is dead-lettered, of which no other pipeline knows.
        #expect(try await emulator.get("/v1/pipelines/shouts/runs?id=bad", post: #"{"text": ""}"#).status == 202)
        let failed = try object(try await emulator.get("/v1/runs/bad?wait=20").body)
        #expect(failed["state"] as? String == "failed" && failed["pipeline"] as? String == "shouts")
        #expect(await emulator.end() == 0)
    }

    @Test("refuse at their doors what the questions' door refuses")
    func refuses() async throws {
        let folder = try TemporaryFolder()
        let emulator = try await emulator(in: folder)
        for (path, body, status) in [
            ("/v1/pipelines/shout/runs", "{}", 404), ("/v1/pipelines/shouts/runs", "{", 400),
            ("/v1/pipelines/shouts/runs?id=.a", "{}", 400), ("/v1/pipelines/rights/runs", "{}", 422),
            ("/v1/pipelines/shouts/runs", "\"\(String(repeating: "x", count: 262_144))\"", 413),
        ] {
            let reply = try await emulator.get(path, post: body)
            #expect(reply.status == status, "\(path): \(reply.body)")
            #expect(try object(reply.body)["error"] is String)
        }
        #expect(try await emulator.get("/v1/pipelines/shout/runs", post: "{}").body.contains("did you mean `shouts`?"))
        let unread = try await emulator.get("/v1/pipelines/rights/runs", post: "{}")
        #expect(unread.body.contains("question: it is missing"), "\(unread.body)")
        #expect(try await emulator.get("/v1/pipelines/shouts/runs").status == 405)
        #expect(try await emulator.get("/v1/runs/x", post: "{}").status == 405)
        #expect(try await emulator.get("/v1/runs/x").status == 404)
        #expect(try await emulator.get("/v1/runs/x?wait=-1").status == 400)
        #expect(await emulator.end() == 0)
    }

    @Test("are sent messages from a command line, which prints what comes out")
    func sends() async throws {
        let folder = try TemporaryFolder()
        try Data(Self.manifest.utf8).write(to: folder.url.appending(path: "m.yaml"))
        let sent = try await send(["shouts", "--payload", #"{"text": "hello"}"#, "--id", "s1"], in: folder)
        #expect(sent.status == 0, "\(sent.errors)")
        #expect(sent.output == #"{"text":"HELLO"}"#)
        // What is done is not done again.
        let again = try await send(["shouts", "--payload", #"{"text": "hello"}"#, "--id", "s1"], in: folder)
        #expect(again.output == #"{"text":"HELLO"}"#)
        for (arguments, status, complaint) in [
            (["shout"], 2, "there is no pipeline `shout`; did you mean `shouts`?"),
            (["shouts", "--payload", "{"], 2, "--payload is no JSON"),
            (["shouts", "--payload", "{}", "--id", "s1"], 2, "another message was sent under the id s1"),
            (["shouts", "--payload", #"{"text": ""}"#], 1, "ended without an output"),
        ] {
            let ending = try await send(arguments, in: folder)
            #expect(ending.status == status, "\(ending.errors)")
            #expect(ending.errors.contains(complaint), "\(ending.errors)")
        }
    }

    @Test("keep what is sent without waiting for whoever works next")
    func sendsWithoutWaiting() async throws {
        let folder = try TemporaryFolder()
        try Data(Self.manifest.utf8).write(to: folder.url.appending(path: "m.yaml"))
        let sent = try await send(["shouts", "--payload", #"{"text": "hello"}"#, "--no-wait"], in: folder)
        #expect(sent.status == 0, "\(sent.errors)")
        #expect(sent.output.wholeMatch(of: /[0-9a-f-]{36}/) != nil)
        let emulator = try await emulator(in: folder)
        let run = try object(try await emulator.get("/v1/runs/\(sent.output)?wait=20").body)
        #expect((run["output"] as? [String: Any])?["text"] as? String == "HELLO")
        #expect(await emulator.end() == 0)
    }

    @Test("lose nothing through RabbitMQ, killed twice")
    func hosts() async throws {
        try await HostWorld.run(.rabbitMQ, manifest: Self.manifest) { world in
            try await ModelServer.run(latency: .milliseconds(200)) { model in
                let environment = world.environment.merging(model.environment) { $1 }
                func start() async throws -> HostRun {
                    try await HostRun.start(
                        in: world.folder, Self.options, environment: environment,
                        executable: OwnFunctionsTests.binary)
                }
                var host = try await start()
                let numbers = 1...20
                for number in numbers {
                    let question = #"{"question": "The phone I bought is faulty. \#(number)"}"#
                    #expect(
                        try await host.get("/v1/pipelines/rights/runs?id=q\(number)", post: question).status == 202)
                    let text = #"{"text": "s\#(number)"}"#
                    #expect(try await host.get("/v1/pipelines/shouts/runs?id=s\(number)", post: text).status == 202)
                }
                for answered in [10, 25] {
                    try await world.answers(reach: answered)
                    #expect(await host.end(SIGKILL) == -SIGKILL)
                    host = try await start()
                }
                for number in numbers {
                    let shout = try object(try await host.get("/v1/runs/s\(number)?wait=60").body)
                    #expect((shout["output"] as? [String: Any])?["text"] as? String == "S\(number)")
                    let answer = try object(try await host.get("/v1/runs/q\(number)?wait=60").body)
                    #expect(answer["state"] as? String == "done" && answer["output"] is [String: Any], "\(answer)")
                }
                #expect(await host.end() == 0)
                #expect(try await world.isSound())
                #expect(try await world.money().held == 0)
            }
        }
    }
}
