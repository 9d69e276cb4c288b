import Foundation
import TestSupport
import Testing

@Suite("bad input", .timeLimit(.minutes(2)))
struct BadInputTests {
    private func check(
        _ arguments: [String], status: Int32, says parts: [String], files: [String: String] = [:],
        input: Data? = nil, environment: [String: String] = [:], keeps: Bool = false
    ) async throws {
        let folder = try TemporaryFolder()
        for (path, text) in files {
            let file = folder.url.appending(path: path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
        let ending = try await SluiceProcess.run(arguments, in: folder.url, environment: environment, input: input)
        #expect(ending.status == status, "\(ending.output)\(ending.errors)")
        #expect(ending.output.isEmpty)
        for part in parts { #expect(ending.errors.contains(part), "\(part) is not in: \(ending.errors)") }
        if !keeps {
            #expect(folder.url.dataFiles.isEmpty, "half-written")
        }
        let lines = ending.errors.split(separator: "\n")
        #expect(lines.count == 1, "one clear line: \(ending.errors)")
    }

    @Test("an empty question, and one of spaces")
    func empty() async throws {
        try await check(["ask", ""], status: 2, says: ["the question is empty"])
        try await check(["ask", " \n\t\u{200B}"], status: 2, says: ["the question is empty"])
    }

    @Test("a question over 8 KB")
    func tooLong() async throws {
        try await check(
            ["ask", String(repeating: "ab ", count: 2731)], status: 2, says: ["8193 bytes", "the most is 8192"])
    }

    @Test("arguments that are no UTF-8", arguments: ["ask", "invoke pii-filter --payload", "emulate --ask"])
    func invalidUTF8(command: String) async throws {
        let folder = try TemporaryFolder()
        // Foundation passes no invalid bytes, so a shell does.
        let process = try SluiceProcess(
            ["-c", "exec \"$0\" \(command) \"$(printf 'caf\\351 bill')\"", SluiceProcess.binary], in: folder.url,
            executable: "/bin/sh")
        #expect(await process.status() == 2)
        #expect(process.errors == "sluice: the arguments are not valid UTF-8; check the terminal's encoding\n")
    }

    @Test("an unknown function, with the nearest name")
    func unknownFunction() async throws {
        try await check(
            ["invoke", "rag-cor", "--payload", "{}"], status: 2,
            says: ["there is no function `rag-cor`; did you mean `rag-core`?"])
    }

    @Test("a payload that is no JSON, and one that is not the function's")
    func payload() async throws {
        try await check(["invoke", "rag-core", "--payload", "{question"], status: 2, says: ["--payload is no JSON"])
        try await check(
            ["invoke", "rag-core", "--payload", "-"], status: 2, says: ["--payload is no JSON"],
            input: Data([0xFF, 0xFE]))
        try await check(
            ["invoke", "rag-core", "--payload", "{\"text\": 1}"], status: 2, says: ["question", "missing"], keeps: true)
        try await check(
            ["invoke", "rag-core", "--payload", "@nowhere.json"], status: 1, says: ["cannot read nowhere.json"])
    }

    @Test("a broken manifest, price or budget file")
    func files() async throws {
        try await check(
            ["ask", "--manifest", "m.yaml", "a?"], status: 1,
            says: ["m.yaml:4: unknown key `functions.pii-filter.timeot`; did you mean `timeout`?"],
            files: ["m.yaml": "pipeline: p\nfirst: pii-filter\nfunctions:\n  pii-filter: {timeot: 2s}\n"])
        try await check(
            ["ask", "--manifest", "m.yaml", "a?"], status: 1,
            says: [
                "m.yaml:5: `functions.rag-cor`: there is no such function in this program; did you mean `rag-core`?"
            ],
            files: [
                "m.yaml":
                    "pipeline: p\nfirst: pii-filter\nfunctions:\n  pii-filter: {next: rag-cor, redacts: true}\n  rag-cor: {}\n"
            ])
        try await check(
            ["ask", "--manifest", "m.yaml", "a?"], status: 1,
            says: ["llm-connector asks unknown.model of bedrock in ap-south-1, which has no price in force"],
            files: [
                "m.yaml":
                    "pipeline: p\nfirst: llm-connector\nfunctions:\n  llm-connector: {next: psql-worker, model: {provider: bedrock, region: ap-south-1, id: unknown.model}}\n  psql-worker: {}\n"
            ])
        try await check(
            ["ask", "--manifest", "gone.yaml", "a?"], status: 1, says: ["gone.yaml: the file cannot be read"])
        try await check(
            ["ask", "--budgets", "b", "a?"], status: 1, says: ["b/prices/p.yaml:1"],
            files: ["b/prices/p.yaml": "prises: []\n", "b/b.yaml": "budgets: []\n"])
        try await check(
            ["budget", "status", "--budgets", "b"], status: 1, says: ["b/b.yaml:3", "limit"],
            files: [
                "b/prices/p.yaml": try String(
                    contentsOfFile: SluiceProcess.repository + "/budgets/prices/bedrock-ap-south-1.yaml",
                    encoding: .utf8),
                "b/b.yaml":
                    "budgets:\n  - name: daily\n    limit: \"-1\"\n    period: day\n    timezone: Asia/Kolkata\n    exhausted: reject\n",
            ])
    }

    @Test("a pipeline that would store raw questions, or names a model that nobody asks")
    func pipeline() async throws {
        let model = "model: {provider: bedrock, region: us-east-1, id: \"meta.llama3-70b-instruct-v1:0\"}"
        for (functions, says) in [
            (
                "  pii-filter: {next: psql-worker}\n  psql-worker: {}\n",
                "m.yaml:4: `functions.pii-filter`: `pii-filter` must"
            ),
            (
                "  pii-filter: {next: psql-worker, redacts: true, \(model)}\n  psql-worker: {}\n",
                "m.yaml:4: `functions.pii-filter`: `pii-filter` asks no model"
            ),
        ] {
            try await check(
                ["ask", "--manifest", "m.yaml", "a?"], status: 1, says: [says],
                files: ["m.yaml": "pipeline: p\nfirst: pii-filter\nfunctions:\n\(functions)"])
        }
    }

    @Test("a data folder that cannot be written")
    func dataFolder() async throws {
        try await check(
            ["ask", "--data", "taken/data", "a?"], status: 1, says: ["cannot open taken/data"],
            files: ["taken": "a file"])
    }

    @Test("a data file that is no database")
    func damaged() async throws {
        try await check(
            ["budget", "status"], status: 1, says: [".sluice/sluice.sqlite is damaged"],
            files: [".sluice/sluice.sqlite": String(repeating: "no database ", count: 1000)], keeps: true)
    }

    @Test("a port in use")
    func port() async throws {
        let folder = try TemporaryFolder()
        let first = try SluiceProcess(["emulate", "--port", "0", "--ephemeral"], in: folder.url)
        let ready = try #require(await first.line(with: "ready on"))
        let port = try #require(ready.firstMatch(of: /127\.0\.0\.1:(\d+)/)?.1)
        try await check(
            ["emulate", "--port", String(port)], status: 1, says: ["port \(port) is in use", "--port"])
        first.signal(SIGTERM)
        #expect(await first.status() == 0)
    }

    @Test("wrong arguments end with 2, and one line says what is wrong and where to look")
    func usage() async throws {
        let folder = try TemporaryFolder()
        for (arguments, says) in [
            (["invoke"], "missing expected argument '<function>'; see `sluice invoke --help`"),
            (["quues"], "there is no command `quues`; did you mean `queues`?"),
            (["quues", "--json"], "there is no command `quues`; did you mean `queues`?"),
            (["budget", "statsu"], "there is no command `statsu`; did you mean `status`?"),
            (
                ["dead", "bury", "q"],
                "there is no command `bury`; there are `list`, `show`, `replay`, `purge`; see `sluice dead --help`"
            ),
            (["emulate", "--port", "70000"], "--port must be from 0 to 65535; see `sluice emulate --help`"),
            (["queues", "--fromat", "json"], "unknown option '--fromat'. Did you mean '--format'?"),
            (
                ["ask", "--format", "xml", "a"],
                "the value 'xml' is invalid for '--format <format>'. Please provide one of 'text' and 'json'; "
                    + "see `sluice ask --help`"
            ),
        ] {
            let ending = try await SluiceProcess.run(arguments, in: folder.url)
            #expect(ending.status == 2, "\(arguments)")
            #expect(ending.errors == "sluice: \(says)\n")
        }
        // Nothing half-written.
        #expect(folder.url.dataFiles.isEmpty)
    }

    @Test("missing keys for a real endpoint stop the start without being printed")
    func keys() async throws {
        try await check(
            ["ask", "a?"], status: 1, says: ["AWS_SECRET_ACCESS_KEY"],
            environment: [
                "SLUICE_BEDROCK_ENDPOINT": "http://127.0.0.1:9", "AWS_ACCESS_KEY_ID": "K",
                "AWS_SECRET_ACCESS_KEY": "",
            ])
    }
}
