import Foundation
import TestSupport
import Testing

@Suite(
    "Packages that are built from nothing", .enabled(if: Campaign.isLong), .timeLimit(.minutes(40)), .serialized)
struct BuiltPackagesTests {
    private static let manifest = "pipeline: p\nfirst: shout\nfunctions:\n  shout: {}\n"

    @Test("functions of one's own, which see only what is offered")
    func ownFunctions() async throws {
        let folder = try TemporaryFolder()
        try await build(
            ["--package-path", SluiceProcess.repository + "/Tests/OwnFunctions", "--scratch-path", "scratch"],
            in: folder)
        try Data(Self.manifest.utf8).write(to: folder.url.appending(path: "m.yaml"))
        let ending = try await SluiceProcess.run(
            ["invoke", "shout", "--manifest", "m.yaml", "--payload", #"{"text": "a"}"#], in: folder.url,
            executable: folder.url.path + "/scratch/debug/OwnFunctions")
        #expect(ending.output == #"{"text":"A"}"#, "\(ending.errors)")
    }

    private func build(_ arguments: [String], in folder: TemporaryFolder) async throws {
        let process = try SluiceProcess(["swift", "build"] + arguments, in: folder.url, executable: "/usr/bin/env")
        for await _ in process.lines {}
        try #require(await process.status() == 0, "\(process.errors)")
    }
}
