import Foundation
import TestSupport
import Testing

@Suite("sluice new", .timeLimit(.minutes(2)))
struct NewPackageTests {
    /// Beside the test bundle: a program that has `shout` as well.
    private static let program = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        .appending(path: "OwnFunctions").path

    private func new(_ arguments: [String], in folder: TemporaryFolder) async throws -> SluiceProcess.Ending {
        try await SluiceProcess.run(["new"] + arguments, in: folder.url, hasData: false)
    }

    @Test("writes a package whose function is the guide's, and works as it stands")
    func writes() async throws {
        let folder = try TemporaryFolder()
        let ending = try await new(["demo", "--sluice", SluiceProcess.repository], in: folder)
        #expect(ending.status == 0, "\(ending.errors)")
        let demo = folder.url.appending(path: "demo")
        let written = ending.output.split(separator: "\n").map(String.init)
        #expect(
            written.count == 9 && written.allSatisfy { FileManager.default.fileExists(atPath: "\(folder.path)/\($0)") })
        #expect(
            FileManager.default.contentsEqual(
                atPath: demo.appending(path: "Sources/demo/Shout.swift").path,
                andPath: SluiceProcess.repository + "/Tests/OwnFunctions/Sources/OwnFunctions/Shout.swift"))
        // The manifest is found where it lies, and the sample event fits.
        let invoked = try await SluiceProcess.run(
            ["invoke", "shout", "--payload", "@events/shout.json"], in: demo, executable: Self.program, hasData: false)
        #expect(invoked.output == #"{"text":"HELLO"}"#, "\(invoked.errors)")
        let sent = try await SluiceProcess.run(
            ["send", "demo", "--payload", "@events/shout.json", "--data", ".sluice"], in: demo,
            executable: Self.program, hasData: false)
        #expect(sent.output == #"{"text":"HELLO"}"#, "\(sent.errors)")
        let readme = try String(contentsOf: demo.appending(path: "README.md"), encoding: .utf8)
        #expect(readme.contains("demo send demo --payload @events/shout.json"))
        let manifest = try await dump(demo)
        #expect(manifest.contains(#""name" : "demo""#) && manifest.contains(SluiceProcess.repository))
        // Nothing that is there is written over.
        let again = try await new(["demo", "--sluice", SluiceProcess.repository], in: folder)
        #expect(again.status == 1 && again.errors.contains("is there already"))
    }

    @Test("depends on a repository that is named")
    func repository() async throws {
        let folder = try TemporaryFolder()
        let ending = try await new(["sub/demo2", "--sluice", "https://example.com/someone/Sluice.git"], in: folder)
        #expect(ending.status == 0, "\(ending.errors)")
        let manifest = try await dump(folder.url.appending(path: "sub/demo2"))
        #expect(manifest.contains("https://example.com/someone/Sluice.git") && manifest.contains(#""sluice""#))
    }

    @Test("refuses what can name no package, or is no checkout")
    func refuses() async throws {
        let folder = try TemporaryFolder()
        for name in ["Demo", "my-demo", "1demo", "sluice", "testing", "d\u{e9}mo", "."] {
            let ending = try await new([name], in: folder)
            #expect(ending.status == 2, "\(name): \(ending.errors)")
        }
        let ending = try await new(["demo", "--sluice", folder.path], in: folder)
        #expect(ending.status == 2 && ending.errors.contains("is no checkout of Sluice"))
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/demo"))
    }

    /// A package's manifest, as SwiftPM reads it.
    private func dump(_ folder: URL) async throws -> String {
        let process = try SluiceProcess(
            ["swift", "package", "dump-package"], in: folder, executable: "/usr/bin/env", hasData: false)
        var text = ""
        for await line in process.lines { text += line + "\n" }
        #expect(await process.status() == 0, "\(process.errors)")
        return text
    }
}
