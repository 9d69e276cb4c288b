import Foundation
import TestSupport
import Testing

@Suite("sluice invoke and help", .timeLimit(.minutes(2)))
struct InvokeAndHelpTests {
    @Test("runs one function after the other by hand, as the host does")
    func pipeline() async throws {
        let folder = try TemporaryFolder()
        var payload = Data("{\"question\": \"The mixer is faulty. Mail me at a.b@example.com\"}".utf8)
        for function in ["pii-filter", "rag-core", "llm-connector", "psql-worker"] {
            let ending = try await SluiceProcess.run(
                ["invoke", function, "--payload", "-"], in: folder.url, input: payload)
            try #require(ending.status == 0, "\(function): \(ending.errors)")
            payload = Data(ending.output.utf8)
            #expect(!ending.output.contains("example.com"))
        }
        #expect(String(decoding: payload, as: UTF8.self).contains("\"answer\":"))
    }

    @Test(
        "takes the sample events of every function",
        arguments: ["pii-filter", "rag-core", "llm-connector", "psql-worker"])
    func events(function: String) async throws {
        let folder = try TemporaryFolder()
        let events = SluiceProcess.repository + "/functions/\(function)/events"
        let files = try FileManager.default.contentsOfDirectory(atPath: events).filter { $0.hasSuffix(".json") }
        #expect(!files.isEmpty)
        for file in files {
            let ending = try await SluiceProcess.run(
                ["invoke", function, "--payload", "@\(events)/\(file)"], in: folder.url)
            #expect(ending.status == 0, "\(file): \(ending.errors)")
        }
    }

    @Test("help opens with examples and names the exit codes")
    func help() async throws {
        let folder = try TemporaryFolder()
        for arguments in [
            ["--help"], ["ask", "--help"], ["emulate", "--help"], ["invoke", "--help"], ["budget", "--help"],
            ["host", "--help"], ["dead", "--help"], ["queues", "--help"], ["ingest", "--help"],
            ["search", "--help"], ["new", "--help"],
        ] {
            let ending = try await SluiceProcess.run(arguments, in: folder.url)
            #expect(ending.status == 0)
            #expect(ending.output.contains("EXAMPLES"))
        }
        let version = try await SluiceProcess.run(["--version"], in: folder.url)
        #expect(version.status == 0)
        #expect(version.output.contains(/^sluice \d+\.\d+\.\d+$/))
    }

    @Test("no help is wider than 80 columns")
    func narrow() async throws {
        let folder = try TemporaryFolder()
        let commands = try await CommandTree.commands(in: folder.url).map(\.words)
        for command in [[]] + Set(commands.flatMap { words in (1...words.count).map { Array(words.prefix($0)) } }) {
            guard command != ["help"] else { continue }
            let ending = try await SluiceProcess.run(command + ["--help"], in: folder.url)
            #expect(ending.status == 0 && ending.output.contains("USAGE: sluice"), "\(command)")
            let wide = ending.output.split(separator: "\n").filter { $0.count > 80 }
            #expect(wide.isEmpty, "\(command): \(wide)")
        }
    }

    @Test("an empty ledger has everything left and is sound")
    func emptyLedger() async throws {
        let folder = try TemporaryFolder()
        try await SluiceProcess.beginLedger(in: folder.url)
        let status = try await SluiceProcess.run(["budget", "status", "--format", "json"], in: folder.url)
        #expect(status.status == 0)
        let line = try JSONDecoder().decode(BudgetJSON.self, from: Data(status.output.utf8)).budgets.first
        #expect(line?.spent_usd == "0.00")
        #expect(line?.remaining_usd == "0.50")
        let verify = try await SluiceProcess.run(["budget", "verify"], in: folder.url)
        #expect(verify.status == 0)
        #expect(verify.output == "The counters agree with the journal's 0 entries")
    }
}
