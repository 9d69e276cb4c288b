import Foundation
import TestSupport
import Testing

@Suite("the data folder under a running sluice", .timeLimit(.minutes(3)))
struct DataFolderTests {
    private func moved(_ folder: TemporaryFolder, to name: String) throws {
        try FileManager.default.moveItem(
            at: folder.url.appending(path: ".sluice"), to: folder.url.appending(path: name))
    }

    @Test(
        "moved, deleted or replaced by an old copy: no call is paid for any more, and /readyz says why",
        arguments: ["moved", "deleted", "copied", "restored"])
    func displaced(fault: String) async throws {
        let folder = try TemporaryFolder()
        let data = folder.url.appending(path: ".sluice")
        try await ModelServer.run { model in
            let host = try await HostRun.start(in: folder.url, environment: model.environment)
            let first = try await SluiceProcess.run(
                ["ask", "What is a defect?"], in: folder.url, environment: model.environment)
            #expect(first.status == 0, "\(first.errors)")
            let paid = model.received.count
            #expect(paid == 1)
            #expect(try await host.get("/readyz").status == 200)
            switch fault {
            case "moved": try moved(folder, to: "away")
            case "deleted": try FileManager.default.removeItem(at: data)
            case "copied":
                try moved(folder, to: "away")
                try FileManager.default.copyItem(at: folder.url.appending(path: "away"), to: data)
            default:
                let file = data.appending(path: "sluice.sqlite")
                let copy = folder.url.appending(path: "copy")
                try FileManager.default.copyItem(at: file, to: copy)
                try FileManager.default.removeItem(at: file)
                try FileManager.default.moveItem(at: copy, to: file)
            }
            let ready = try await host.get("/readyz")
            #expect(ready.status == 503)
            #expect(ready.body.contains("is no longer where it was"), "\(ready.body)")
            #expect(try await host.get("/healthz").status == 200)
            #expect(model.received.count == paid)
            #expect(await host.end() == 0)
        }
    }

    @Test("moved under an emulator: its door takes nothing, and nothing is paid")
    func door() async throws {
        let folder = try TemporaryFolder()
        try await ModelServer.run { model in
            let process = try SluiceProcess(
                ["emulate", "--port", "0"], in: folder.url, environment: model.environment)
            let line = try #require(await process.line(with: "ready on"), "\(process.errors)")
            let port = try #require(line.firstMatch(of: /127\.0\.0\.1:(\d+)/)?.1)
            let run = HostRun(process: process, address: "http://127.0.0.1:\(port)")
            let body = "{\"question\": \"What is a defect?\"}"
            #expect(try await run.get("/v1/questions", post: body).status == 202)
            await model.calls(1)
            try moved(folder, to: "away")
            let asked = try await run.get("/v1/questions", post: body)
            #expect(asked.status >= 500, "\(asked)")
            #expect(try await run.get("/readyz").status == 503)
            #expect(model.received.count == 1)
            process.signal(SIGTERM)
            #expect(await process.status() == 0)
            // Back in its place, the ledger knows of the one call.
            try moved(folder, from: "away")
            let verify = try await SluiceProcess.run(["budget", "verify", "--format", "json"], in: folder.url)
            #expect(try JSONDecoder().decode(VerificationJSON.self, from: Data(verify.output.utf8)).sound)
        }
    }

    private func moved(_ folder: TemporaryFolder, from name: String) throws {
        try FileManager.default.moveItem(
            at: folder.url.appending(path: name), to: folder.url.appending(path: ".sluice"))
    }

    @Test("without the locks of owners, no living process is taken for dead, and no call is made twice")
    func owners() async throws {
        let folder = try TemporaryFolder()
        try await ModelServer.run(latency: .seconds(600)) { model in
            let environment = model.environment
            let first = try await HostRun.start(in: folder.url, environment: environment)
            let asking = try SluiceProcess(["ask", "What is a defect?"], in: folder.url, environment: environment)
            await model.calls(1)
            for name in ["owners", "start.lock", "head"] {
                try? FileManager.default.removeItem(at: folder.url.appending(path: ".sluice/\(name)"))
            }
            let second = try await HostRun.start(in: folder.url, environment: environment)
            // Longer than it takes to look for dead owners, which nothing tells of.
            try await Task.sleep(for: .seconds(2))
            #expect(model.received.count == 1)
            model.hurryUp()
            asking.signal(SIGKILL)
            _ = await asking.status()
            for host in [first, second] { _ = await host.end(SIGKILL) }
        }
    }

    @Test("of an old copy is found by every command, in one line")
    func oldCopy() async throws {
        let folder = try TemporaryFolder()
        let file = folder.url.appending(path: ".sluice/sluice.sqlite")
        let copy = folder.url.appending(path: "copy")
        for number in 0..<2 {
            let ending = try await SluiceProcess.run(["ask", "What is a defect, \(number)?"], in: folder.url)
            #expect(ending.status == 0)
            if number == 0 { try FileManager.default.copyItem(at: file, to: copy) }
        }
        try FileManager.default.removeItem(at: file)
        try FileManager.default.copyItem(at: copy, to: file)
        for command in [
            ["budget", "verify"], ["budget", "status"], ["ask", "What is a defect?"], ["host"], ["queues"],
            ["history", "export"], ["invoke", "llm-connector"],
        ] {
            let ending = try await SluiceProcess.run(command, in: folder.url, environment: HostRun.unused)
            #expect(ending.status == 1)
            #expect(ending.errors.contains("is older than what was last written here"), "\(command): \(ending.errors)")
            #expect(ending.errors.split(separator: "\n").count == 1, "\(ending.errors)")
        }
    }

    @Test("is this user's alone, and a link or another user's is refused in one line")
    func refused() async throws {
        let folder = try TemporaryFolder()
        let ending = try await SluiceProcess.run(["ask", "--data", "d", "What is a defect?"], in: folder.url)
        #expect(ending.status == 0)
        let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder.path)/d")
        #expect(attributes[.posixPermissions] as? Int == 0o700)
        try FileManager.default.createSymbolicLink(atPath: "\(folder.path)/l", withDestinationPath: "\(folder.path)/d")
        for command in [["ask", "What is a defect?"], ["budget", "status"], ["queues"], ["history", "export"]] {
            let refused = try await SluiceProcess.run(command + ["--data", "l"], in: folder.url)
            #expect(refused.status == 1)
            #expect(
                refused.errors
                    == "sluice: l is a link; name a folder of your own with --data, or run sluice as its owner\n")
        }
    }

    @Test("that is there for everybody is refused in one line by every command, and none changes it")
    func shared() async throws {
        let folder = try TemporaryFolder()
        let all = "\(folder.path)/all"
        try FileManager.default.createDirectory(atPath: all, withIntermediateDirectories: false)
        try FileManager.default.setAttributes([.posixPermissions: 0o1777], ofItemAtPath: all)
        for command in [
            ["ask", "What is a defect?"], ["budget", "status"], ["budget", "verify"], ["queues"],
            ["history", "export"],
            ["host"],
        ] {
            let refused = try await SluiceProcess.run(
                command + ["--data", "all"], in: folder.url, environment: HostRun.unused)
            #expect(refused.status == 1)
            #expect(
                refused.errors
                    == "sluice: all is shared with other users and is left as it is; name a folder of its own with"
                    + " --data, such as all/sluice\n", "\(command)")
            #expect(try FileManager.default.attributesOfItem(atPath: all)[.posixPermissions] as? Int == 0o1777)
            #expect(try FileManager.default.contentsOfDirectory(atPath: all).isEmpty)
        }
    }

    @Test(
        "a question may come from standard input, so that no argument shows it",
        arguments: [
            (["ask", "-"], "What is a defect?\n"), (["ask"], "What is a defect?"), (["ask"], "What is a defect?\r\n"),
        ])
    func standardInput(arguments: [String], text: String) async throws {
        let folder = try TemporaryFolder()
        let ending = try await SluiceProcess.run(
            arguments + ["--format", "json"], in: folder.url, input: Data(text.utf8))
        try #require(ending.status == 0, "\(ending.errors)")
        #expect(try AnswerJSON(ending.output).question_redacted == "What is a defect?")
    }

    @Test(
        "a folder as standard input is refused in one line",
        arguments: [["ask"], ["invoke", "rag-core", "--payload", "-"]])
    func folderAsInput(arguments: [String]) async throws {
        let folder = try TemporaryFolder()
        let process = try SluiceProcess(
            ["-c", "exec \"$0\" \"$@\" < /", SluiceProcess.binary] + arguments, in: folder.url, executable: "/bin/sh")
        #expect(await process.status() == 1)
        #expect(
            process.errors
                == "sluice: standard input cannot be read (Is a directory); give it a file of text, or write the text"
                + " itself\n")
    }

    @Test(
        "a question on standard input that cannot be asked is refused with 2",
        arguments: [
            (Data(), "empty"), (Data("\n".utf8), "empty"), (Data([0xff, 0xfe, 0x41]), "UTF-8"),
            (Data(repeating: 0x78, count: 8193), "8192"), (Data(repeating: 0x78, count: 60_000), "8192"),
        ])
    func badInput(input: Data, complaint: String) async throws {
        let folder = try TemporaryFolder()
        let ending = try await SluiceProcess.run(["ask"], in: folder.url, input: input)
        #expect(ending.status == 2)
        #expect(
            ending.errors.contains(complaint) && ending.errors.split(separator: "\n").count == 1, "\(ending.errors)")
        #expect(folder.url.dataFiles.isEmpty)
    }
}
