import Foundation
import TestSupport
import Testing

@Suite("the data folder of whoever names none", .timeLimit(.minutes(2)))
struct UserDataTests {
    private struct StatusJSON: Decodable {
        let ledger: String
    }

    /// The ledger that a folder's commands go by, as `budget status` names it; nil where there is none yet.
    private func ledger(from folder: URL, _ environment: [String: String]) async throws -> String? {
        let ending = try await SluiceProcess.run(
            ["budget", "status", "--format", "json"], in: folder, environment: environment, hasData: false)
        guard ending.status == 0 else { return nil }
        return try JSONDecoder().decode(StatusJSON.self, from: Data(ending.output.utf8)).ledger
    }

    private func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    @Test("is one, wherever its user stands, for this user alone")
    func one() async throws {
        let folder = try TemporaryFolder()
        let state = folder.path + "/state"
        let environment = ["XDG_STATE_HOME": state]
        let (work, other) = (folder.url.appending(path: "work"), folder.url.appending(path: "other/deep"))
        for place in [work, other] {
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        }
        #expect(try await ledger(from: work, environment) == nil)
        #expect(!FileManager.default.fileExists(atPath: state))
        let asked = try await SluiceProcess.run(
            ["ask", "What is a defect?"], in: work, environment: environment, hasData: false)
        #expect(asked.status == 0, "\(asked.errors)")
        #expect(asked.output.hasSuffix("  kept in \(state)/sluice"), "\(asked.output)")
        for place in [work, other] { #expect(try await ledger(from: place, environment) == state + "/sluice") }
        for made in [state, state + "/sluice"] { #expect(try mode(made) == 0o700) }
        for file in try FileManager.default.contentsOfDirectory(atPath: state + "/sluice") {
            #expect(try mode(state + "/sluice/" + file) == 0o600, "\(file)")
        }
        let emulator = try SluiceProcess(
            ["emulate", "--port", "0"], in: other, environment: environment, hasData: false)
        let ready = try #require(await emulator.line(with: "ready on"), "\(emulator.errors)")
        #expect(ready.hasSuffix("; data in \(state)/sluice"), "\(ready)")
        emulator.signal(SIGTERM)
        #expect(await emulator.status() == 0)
    }

    @Test("is the nearest .sluice, here or above, where there is one: what was used before goes on")
    func nearest() async throws {
        let folder = try TemporaryFolder()
        let environment = ["XDG_STATE_HOME": folder.path + "/state"]
        let deep = folder.url.appending(path: "project/a/b")
        try FileManager.default.createDirectory(at: deep, withIntermediateDirectories: true)
        let project = folder.url.appending(path: "project")
        // The project's own is made on purpose.
        let made = try await SluiceProcess.run(
            ["ask", "--data", ".sluice", "What is a defect?"], in: project, environment: environment, hasData: false)
        #expect(made.status == 0, "\(made.errors)")
        #expect(try await ledger(from: project, environment) == ".sluice")
        #expect(try await ledger(from: deep, environment) == project.path + "/.sluice")
        let asked = try await SluiceProcess.run(
            ["ask", "What is a warranty?"], in: deep, environment: environment, hasData: false)
        #expect(asked.output.hasSuffix("  kept in \(project.path)/.sluice"), "\(asked.output)\(asked.errors)")
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/state"))
        // One that is named goes before all.
        let named = try await SluiceProcess.run(
            ["budget", "status", "--data", "none"], in: deep, environment: environment, hasData: false)
        #expect(named.status == 1 && named.errors.contains("there is no none/sluice.sqlite"), "\(named.errors)")
    }

    @Test("lies in the home where no other is named, and a relative XDG_STATE_HOME does not count")
    func home() async throws {
        let folder = try TemporaryFolder()
        for state in ["", "relative"] {
            let asked = try await SluiceProcess.run(
                ["ask", "What is a defect?"], in: folder.url,
                environment: ["XDG_STATE_HOME": state, "HOME": folder.path], hasData: false)
            #expect(asked.output.hasSuffix("  kept in \(folder.path)/.local/state/sluice"), "\(asked.errors)")
        }
    }
}
