import Foundation
import History
import TestSupport
import Testing

/// What a developer sees of an error, and what a host keeps to itself.
@Suite("Errors that are shown", .timeLimit(.minutes(2)))
struct ShownErrorsTests {
    /// Beside the test bundle.
    private static let program = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        .appending(path: "OwnFunctions").path
    private static let model = "model: {provider: bedrock, region: ap-south-1, id: \"meta.llama3-70b-instruct-v1:0\"}"

    private static func manifest(_ function: String, _ settings: String = "{}") -> String {
        "pipeline: p\nfirst: \(function)\nfunctions:\n  \(function): \(settings)\n"
    }

    private func run(
        _ arguments: [String], in world: HostWorld, environment: [String: String] = [:]
    ) async throws -> SluiceProcess.Ending {
        try await SluiceProcess.run(
            arguments + ["--manifest", "m.yaml"], in: world.folder, environment: environment, executable: Self.program)
    }

    private static let missing = "the payload is not this function's input: text: it is missing"

    @Test("ask names the field that is missing, and so does dead show")
    func missingField() async throws {
        try await HostWorld.run(manifest: Self.manifest("shout")) { world in
            let ending = try await run(["ask", "My number is 9876543210. What can I do?"], in: world)
            #expect(ending.status == 1)
            #expect(ending.errors.contains("`shout` failed: \(Self.missing)"), "\(ending.errors)")
            #expect(ending.errors.contains("error.text=FunctionError: \(Self.missing)"), "\(ending.errors)")
            let id = try #require(ending.errors.firstMatch(of: /question ([0-9a-f-]{36}) was not answered/)?.1)
            let shown = try await run(["dead", "show", String(id)], in: world)
            #expect(
                shown.output.contains(/because +the payload is not this function's input: text: it is missing/),
                "\(shown.output)")
            let json = try await run(["dead", "show", String(id), "--format", "json"], in: world)
            #expect(json.output.contains("explanation") && json.output.contains(Self.missing), "\(json.output)")
            #expect(!(ending.errors + shown.output + json.output).contains("9876543210"))
            #expect(try await world.history.run(id: String(id))?.explanation == "`shout` failed: \(Self.missing)")
        }
    }

    @Test("emulate shows what an error says, and a host its code alone")
    func logs() async throws {
        try await HostWorld.run(manifest: Self.manifest("summarise", "{\(Self.model)}")) { world in
            let host = try await HostRun.start(
                in: world.folder, ["--manifest", "m.yaml"], environment: HostRun.unused, executable: Self.program)
            try await world.send("q1", body: #"{"text":"A phone."}"#, to: "sluice.summarise")
            let line = try #require(await host.process.line(with: "model-unavailable"))
            #expect(!line.contains("127.0.0.1:9") && !line.contains("error.text"), "\(line)")
            #expect(await host.end() == 0)
            #expect(try await host.rest().allSatisfy { !"\($0)".contains("127.0.0.1:9") })

            let process = try SluiceProcess(
                ["emulate", "--port", "0", "--manifest", "m.yaml"], in: world.folder, environment: HostRun.unused,
                executable: Self.program)
            _ = try #require(await process.line(with: "ready on"), "\(process.errors)")
            // Nothing tells what is written to a file.
            while !process.errors.contains("error.text=") { try await Task.sleep(for: .milliseconds(50)) }
            process.signal(SIGTERM)
            #expect(await process.status() == 0)
            let told = /error.text=LanguageModelError: model-unavailable \(.*errno 111\) at http:\/\/127\.0\.0\.1:9/
            #expect(process.errors.contains(told), "\(process.errors)")
        }
    }

    @Test("invoke names the type of the error, who was asked and what the system said")
    func invoke() async throws {
        try await HostWorld.run(manifest: Self.manifest("summarise", "{\(Self.model)}")) { world in
            let away = try await run(
                ["invoke", "summarise", "--payload", #"{"text": "a"}"#], in: world,
                environment: HostRun.unused)
            #expect(away.status == 1)
            for part in [
                "`summarise` failed: LanguageModelError: model-unavailable (", "Connection refused, errno 111",
                " at http://127.0.0.1:9;",
            ] {
                #expect(away.errors.contains(part), "\(away.errors)")
            }
            let chroma = try await SluiceProcess.run(
                ["invoke", "rag-core", "--payload", #"{"question": "My phone is faulty"}"#, "--wait", "5"],
                in: world.folder,
                environment: ["SLUICE_CHROMA_URL": "http://127.0.0.1:9"])
            #expect(chroma.status == 1)
            #expect(chroma.errors.contains("http://127.0.0.1:9"), "\(chroma.errors)")
            // Where a real model was asked, the stand-in is not.
            let other = try TemporaryFolder()
            let passage = try await SluiceProcess.run(
                ["invoke", "llm-connector", "--payload", #"{"question": "a?", "passages": [{"id": "1"}]}"#],
                in: other.url)
            #expect(passage.errors.contains("passages[0].heading: it is missing"), "\(passage.errors)")
        }
    }
}
