import Foundation
import TestSupport
import Testing

@Suite("README", .timeLimit(.minutes(2)))
struct ReadmeTests {
    private let text: String

    init() throws {
        text = try String(contentsOfFile: SluiceProcess.repository + "/README.md", encoding: .utf8)
    }

    /// The blocks in a language, in their order.
    private func blocks(_ language: String) -> [String] {
        text.components(separatedBy: "```\(language)\n").dropFirst().compactMap {
            $0.components(separatedBy: "\n```").first
        }
    }

    @Test("the answer that it shows is what the program prints, times aside")
    func answer() async throws {
        let command = try #require(blocks("console").first)
        let question = try #require(command.firstMatch(of: /script\/run "([^"]+)"/)?.1)
        let shown = try #require(blocks("text").first)
        let folder = try TemporaryFolder()
        let ending = try await SluiceProcess.run(["ask", String(question)], in: folder.url)
        try #require(ending.status == 0, "\(ending.errors)")
        let times = /[ ]+[0-9.]+ ms/
        #expect(ending.output.replacing(times, with: " T") == shown.replacing(times, with: " T"))
    }

    @Test("the race that it shows ends as the program's does, times aside")
    func race() async throws {
        let command = try #require(blocks("console").first { $0.contains("race") })
        let shown = try #require(blocks("text").first { $0.contains("overshoot") })
        let folder = try TemporaryFolder()
        let ending = try await SluiceProcess.run(
            command.split(separator: " ").dropFirst(2).map(String.init), in: folder.url)
        try #require(ending.status == 0, "\(ending.errors)")
        let seconds = /[0-9.]+ s$/
        #expect(ending.output.replacing(seconds, with: "T") == shown.replacing(seconds, with: "T"))
    }

    @Test("the other commands that it shows work")
    func commands() async throws {
        let folder = try TemporaryFolder()
        let commands = blocks("console").dropFirst().flatMap { $0.split(separator: "\n") }
            .filter { !$0.contains("race") }
        #expect(!commands.isEmpty)
        try await SluiceProcess.beginLedger(in: folder.url)
        for command in commands {
            let words = command.split(separator: " ").map(String.init)
            try #require(words.prefix(2) == ["$", "sluice"], "\(command)")
            let ending = try await SluiceProcess.run(Array(words.dropFirst(2)), in: folder.url)
            #expect(ending.status == 0, "\(command): \(ending.errors)")
        }
    }

    @Test("the function that it shows compiles")
    func function() async throws {
        let source = try #require(blocks("swift").first)
        let folder = try TemporaryFolder()
        let file = folder.url.appending(path: "Shout.swift")
        try source.write(to: file, atomically: true, encoding: .utf8)
        let modules = URL(filePath: try #require(CommandLine.arguments.first)).deletingLastPathComponent()
            .appending(path: "Modules")
        let process = try SluiceProcess(
            ["swiftc", "-typecheck", "-swift-version", "6", "-I", modules.path, file.path], in: folder.url,
            executable: "/usr/bin/env")
        for await _ in process.lines {}
        #expect(await process.status() == 0, "\(process.errors)")
    }

    @Test("every file that it links to is there")
    func links() throws {
        // Without the place in the file.
        let targets = text.matches(of: /\]\(([^):#]+)(?:#[^)]*)?\)/).map { String($0.1) }
        #expect(!targets.isEmpty)
        for target in targets {
            #expect(FileManager.default.fileExists(atPath: SluiceProcess.repository + "/" + target), "\(target)")
        }
    }
}
