import Answers
import Foundation
import FunctionKit
import History
import Messaging
import TestSupport
import Testing

/// A program with functions of its own, which knows only what the product offers: see `Tests/OwnFunctions`.
@Suite("a program with functions of its own", .timeLimit(.minutes(3)))
struct OwnFunctionsTests {
    /// Beside the test bundle.
    static let binary = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        .appending(path: "OwnFunctions").path

    /// One function, no model, no index, no budget.
    private static let alone = "pipeline: p\nfirst: shout\nfunctions:\n  shout: {concurrency: 8}\n"
    /// Neither is looked for where nobody asks.
    private static let nowhere = ["--manifest", "m.yaml", "--budgets", "nowhere", "--knowledge", "nowhere"]

    private static let model = "model: {provider: bedrock, region: ap-south-1, id: \"meta.llama3-70b-instruct-v1:0\"}"
    /// A stage of one's own between two of the bundled ones, which knows one key of what they hand each other.
    private static let third = """
        pipeline: p
        first: pii-filter
        functions:
          pii-filter: {next: rag-core, redacts: true}
          rag-core: {next: shorten}
          shorten: {next: llm-connector, passthrough: true, parameters: {passages: 1}}
          llm-connector: {next: psql-worker, timeout: 45s, \(model)}
          psql-worker: {}

        """

    private func run(
        _ arguments: [String], manifest: String, in folder: TemporaryFolder
    ) async throws -> SluiceProcess.Ending {
        try Data(manifest.utf8).write(to: folder.url.appending(path: "m.yaml"))
        return try await SluiceProcess.run(arguments, in: folder.url, executable: Self.binary)
    }

    @Test("invokes one without budgets, prices, notes or keys")
    func invokes() async throws {
        let folder = try TemporaryFolder()
        let payload = #"{"text": "a"}"#
        let ending = try await run(
            ["invoke", "shout", "--payload", payload] + Self.nowhere, manifest: Self.alone, in: folder)
        #expect(ending.status == 0, "\(ending.errors)")
        #expect(ending.output == #"{"text":"A"}"#)
        let empty = try await run(
            ["invoke", "shout", "--payload", #"{"text": ""}"#] + Self.nowhere, manifest: Self.alone, in: folder)
        #expect(empty.status == 2)
        #expect(empty.errors.contains("the text is empty"))
    }

    @Test("names its own functions in what it says of a manifest")
    func mistakes() async throws {
        for (manifest, complaint) in [
            (
                Self.alone.replacing("shout", with: "shoot"),
                "m.yaml:4: `functions.shoot`: there is no such function in this program; did you mean `shout`?"
            ),
            (
                Self.third.replacing("{passages: 1}", with: "{passages: 1, pasages: 2}"),
                "m.yaml:6: unknown key `functions.shorten.parameters.pasages`; did you mean `passages`?"
            ),
            (
                Self.third.replacing(", parameters: {passages: 1}", with: ""),
                "m.yaml:6: `functions.shorten.parameters`: the key `passages` is missing"
            ),
        ] {
            let ending = try await run(
                ["ask", "a?"] + Self.nowhere, manifest: manifest, in: TemporaryFolder())
            #expect(ending.status == 1)
            #expect(ending.errors.contains(complaint), "\(ending.errors)")
        }
    }

    @Test("lets one ask the model, under the limit")
    func asksModel() async throws {
        let folder = try TemporaryFolder()
        let manifest = """
            pipeline: p
            first: summarise
            functions:
              summarise: {next: psql-worker, \(Self.model)}
              psql-worker: {}

            """
        let ending = try await run(
            [
                "invoke", "summarise", "--payload", #"{"text": "A phone that fails is a defect."}"#, "--manifest",
                "m.yaml",
            ],
            manifest: manifest, in: folder)
        #expect(ending.status == 0, "\(ending.errors)")
        struct Summary: Decodable { let costNanoUSD: Int64 }
        let cost = try JSONDecoder().decode(Summary.self, from: Data(ending.output.utf8)).costNanoUSD
        #expect(cost > 0)
        let status = try await SluiceProcess.run(["budget", "status", "--format", "json"], in: folder.url)
        let budget = try JSONDecoder().decode(BudgetJSON.self, from: Data(status.output.utf8)).budgets.first
        #expect(nanoUSD(try #require(budget).spent_usd) == cost)
    }

    @Test("keeps what a last function of its own paid")
    func endsWithModel() async throws {
        let manifest = "pipeline: p\nfirst: summarise\nfunctions:\n  summarise: {\(Self.model)}\n"
        try await HostWorld.run(manifest: manifest) { world in
            try await ModelServer.run { model in
                let host = try await HostRun.start(
                    in: world.folder, ["--manifest", "m.yaml"], environment: model.environment, executable: Self.binary)
                try await world.send("q1", body: #"{"text": "A phone that fails."}"#, to: "sluice.summarise")
                let record = try await world.history.outcome(of: "q1")
                #expect(record.state == .done)
                let spent = try await world.money().spent
                #expect(spent > 0)
                #expect(record.costNanoUSD == spent)
                #expect(await host.end() == 0)
            }
        }
    }

    @Test("lets one send HTTP requests, and tells what kept it from an answer")
    func sendsRequests() async throws {
        let manifest = Self.alone.replacing("shout", with: "measure")
        try await ModelServer.run { model in
            let address = try #require(model.environment["SLUICE_BEDROCK_ENDPOINT"])
            let answered = try await run(
                ["invoke", "measure", "--payload", #"{"url": "\#(address)/nothing"}"#] + Self.nowhere,
                manifest: manifest, in: TemporaryFolder())
            #expect(answered.output.contains(#""status":4"#), "\(answered.errors)")
        }
        for (url, code) in [("http://127.0.0.1:9/", "address-unreachable"), ("nowhere", "web-request-invalid")] {
            let failed = try await run(
                ["invoke", "measure", "--payload", #"{"url": "\#(url)"}"#] + Self.nowhere, manifest: manifest,
                in: TemporaryFolder())
            #expect(failed.status == 1)
            #expect(failed.errors.contains(code), "\(failed.errors)")
        }
    }

    @Test("emulates a pipeline whose third stage is its own")
    func emulates() async throws {
        let folder = try TemporaryFolder()
        try Data(Self.third.utf8).write(to: folder.url.appending(path: "m.yaml"))
        let process = try SluiceProcess(
            ["emulate", "--port", "0", "--manifest", "m.yaml"], in: folder.url, executable: Self.binary)
        let ready = try #require(await process.line(with: "ready on"), "\(process.errors)")
        let port = try #require(ready.firstMatch(of: /127\.0\.0\.1:(\d+)/)?.1)
        let emulator = HostRun(process: process, address: "http://127.0.0.1:\(port)")
        let question = #"{"question": "My new phone is faulty. What can I do?", "id": "q1"}"#
        #expect(try await emulator.get("/v1/questions", post: question).status == 202)
        let answer = try await emulator.get("/v1/questions/q1?wait=30").body
        let object = try #require(try JSONSerialization.jsonObject(with: Data(answer.utf8)) as? [String: Any])
        let stages = try #require(object["stages"] as? [[String: Any]]).compactMap { $0["function"] as? String }
        #expect(stages == ["pii-filter", "rag-core", "shorten", "llm-connector", "psql-worker"])
        // Four without the stage.
        #expect((object["citations"] as? [Any])?.count == 1)
        #expect(await emulator.end() == 0)
    }

    @Test("hosts a third stage of its own through RabbitMQ; killed twice, it loses nothing")
    func hostsThirdStage() async throws {
        try await HostWorld.run(.rabbitMQ, manifest: Self.third) { world in
            try await ModelServer.run(latency: .milliseconds(300)) { model in
                let environment = world.environment.merging(model.environment) { $1 }
                func start() async throws -> HostRun {
                    try await HostRun.start(
                        in: world.folder, ["--manifest", "m.yaml"], environment: environment, executable: Self.binary)
                }
                let ids = (1...24).map { "q\($0)" }
                var host = try await start()
                try await world.ask(ids)
                for answered in [4, 10] {
                    try await world.answers(reach: answered)
                    #expect(await host.end(SIGKILL) == -SIGKILL)
                    host = try await start()
                }
                for id in ids {
                    let record = try await world.history.outcome(of: id)
                    #expect(record.state == .done)
                    #expect(record.answer?.passages.count == 1)
                }
                #expect(await host.end() == 0)
                #expect(try await world.isSound())
                #expect(try await world.money().held == 0)
            }
        }
    }

    @Test("hosts one function alone through RabbitMQ, without a model; killed, it loses nothing")
    func hostsAlone() async throws {
        try await HostWorld.run(.rabbitMQ, manifest: Self.alone) { world in
            let environment = world.environment.merging([
                "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "",
            ]) { $1 }
            func start() async throws -> HostRun {
                try await HostRun.start(
                    in: world.folder, Self.nowhere, environment: environment, executable: Self.binary)
            }
            var host = try await start()
            let ready = try await host.get("/readyz")
            #expect(ready.status == 200)
            #expect(!ready.body.contains("ledger") && !ready.body.contains("index"), "\(ready.body)")
            let ids = (1...300).map { "q\($0)" }
            for id in ids { try await world.send(id, body: #"{"text":"\#(id)"}"#, to: "sluice.shout") }
            try await world.answers(reach: 20)
            #expect(await host.end(SIGKILL) == -SIGKILL)
            host = try await start()
            for id in ids {
                let record = try await world.history.outcome(of: id)
                #expect(record.state == .done)
                #expect(record.output == Data(#"{"text":"\#(id.uppercased())"}"#.utf8))
            }
            try await world.send("bad", body: #"{"text":""}"#, to: "sluice.shout")
            #expect(try await world.history.outcome(of: "bad").state == .failed)
            #expect(await host.end() == 0)
        }
    }

    @Test("sees only what is offered: it compiles in the name of another package")
    func compiles() async throws {
        let folder = try TemporaryFolder()
        // What SwiftPM hands the compiler of a package that depends on this one: the modules, and the C modules below them.
        let script = """
            set -e
            cd "$0"
            flags=$(pkg-config --cflags-only-I libpq libxml-2.0 | sed 's/-I/-Xcc -I/g')
            for map in "$0"/Sources/C*/module.modulemap "$1"/*.build/module.modulemap \\
                "$1"/../../checkouts/GRDB.swift/Sources/GRDBSQLite/module.modulemap; do
                flags="$flags -Xcc -fmodule-map-file=$map"
            done
            for map in "$1"/../../checkouts/*/Sources/*/include/module.modulemap; do
                flags="$flags -Xcc -I${map%/*}"
            done
            exec swiftc -typecheck -parse-as-library -swift-version 6 -package-name somebody_else -I "$1/Modules" $flags \\
                Tests/OwnFunctions/Sources/OwnFunctions/*.swift
            """
        let binaries = URL(filePath: Self.binary).deletingLastPathComponent().path
        let process = try SluiceProcess(
            ["-c", script, SluiceProcess.repository, binaries], in: folder.url, executable: "/bin/bash")
        for await _ in process.lines {}
        #expect(await process.status() == 0, "\(process.errors)")
    }

    @Test("is what the guide shows, and so is its manifest")
    func guide() async throws {
        let text = try String(
            contentsOfFile: SluiceProcess.repository + "/Sources/Sluice/Documentation.docc/OwnFunctions.md",
            encoding: .utf8)
        func blocks(_ language: String) -> [String] {
            text.components(separatedBy: "```\(language)\n").dropFirst().compactMap {
                $0.components(separatedBy: "\n```").first
            }
        }
        let folders = ["Sources/OwnFunctions", "Tests/OwnFunctionsTests"].map {
            SluiceProcess.repository + "/Tests/OwnFunctions/\($0)"
        }
        let files = try folders.flatMap { folder in
            try FileManager.default.contentsOfDirectory(atPath: folder).map {
                try String(contentsOfFile: "\(folder)/\($0)", encoding: .utf8).trimmingCharacters(in: .newlines)
            }
        }
        #expect(Set(blocks("swift")) == Set(files))
        let manifests = blocks("yaml")
        #expect(manifests.first.map { $0 + "\n" } == Self.alone)
        let folder = try TemporaryFolder()
        let ending = try await run(
            ["ask", "--manifest", "m.yaml", "What is a defect?"], manifest: try #require(manifests.last), in: folder)
        #expect(ending.status == 0, "\(ending.errors)")
        #expect(ending.output.contains("shorten"))
    }
}
