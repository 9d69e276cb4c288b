import Foundation
import TestSupport
import Testing

@Suite("a command opens what it uses", .timeLimit(.minutes(3)))
struct OpenedPartsTests {
    /// Where no broker and no database are.
    private static let away = [
        "SLUICE_BROKER_URL": "amqp://guest:guest@127.0.0.1:1", "DATABASE_URL": "postgres://u:p@127.0.0.1:1/x",
    ]

    /// What lies in a folder beside what the tests themselves put there.
    private func made(in folder: TemporaryFolder) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).filter {
            !$0.hasPrefix("stderr-") && $0 != "log.jsonl"
        }.sorted()
    }

    @Test("one that only reads makes nothing where a folder is mistyped, and says so with 1")
    func mistyped() async throws {
        let folder = try TemporaryFolder()
        let empty = folder.url.appending(path: "empty")
        try FileManager.default.createDirectory(at: empty, withIntermediateDirectories: false)
        for command in try await CommandTree.reading(in: folder.url) {
            for (name, data) in [("mistyped", "mistyped"), ("deep", "mistyped/twice"), ("empty", "empty")] {
                let ending = try await SluiceProcess.run(command + ["--data", data], in: folder.url, hasData: false)
                #expect(ending.status == 1, "\(command) \(name): \(ending.output)")
                #expect(ending.output.isEmpty, "\(command) \(name): \(ending.output)")
                #expect(
                    ending.errors
                        == "sluice: there is no \(data)/sluice.sqlite: nothing was ever asked or spent there; "
                        + "name the folder that is meant with --data\n", "\(command) \(name)")
            }
            #expect(try made(in: folder) == ["empty"], "\(command)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: empty.path).isEmpty, "\(command)")
        }
    }

    @Test("a report that is to fail at a percentage fails without a ledger, and one that is to read decides nothing")
    func arguments() async throws {
        let folder = try TemporaryFolder()
        for command in [
            ["budget", "status", "--fail-at", "80"], ["budget", "clock", "accept", "--reason", "r"],
            ["budget", "breach", "accept", "m", "--reason", "r"], ["dead", "replay", "--all"],
            ["dead", "purge", "--all", "--yes"], ["history", "delete-tenant", "acme", "--yes"],
        ] {
            let ending = try await SluiceProcess.run(command + ["--data", "mistyped"], in: folder.url, hasData: false)
            #expect(ending.status == 1, "\(command) \(ending.output)")
            #expect(ending.errors.contains("there is no mistyped/sluice.sqlite"), "\(command): \(ending.errors)")
            #expect(try made(in: folder).isEmpty, "\(command)")
        }
    }

    @Test("one that needs neither broker nor database nor ledger works where they are away, and leaves nothing behind")
    func away() async throws {
        let folder = try TemporaryFolder()
        let commands = try await CommandTree.needingNone(in: folder.url)
        #expect(commands.count == 2)
        for command in commands + [["invoke", "rag-core", "--payload", "{\"question\": \"defect\"}"]] {
            let start = ContinuousClock.now
            let ending = try await SluiceProcess.run(
                command + ["--data", "mistyped"], in: folder.url, environment: Self.away,
                hasData: false)
            #expect(ending.status == 0 && !ending.output.isEmpty, "\(command): \(ending.errors)")
            #expect(ending.errors.isEmpty, "\(command): \(ending.errors)")
            // It would wait for a database for 15 s.
            #expect(ContinuousClock.now - start < .seconds(10), "\(command)")
            #expect(try made(in: folder).isEmpty, "\(command)")
        }
    }

    @Test("one that reads opens a file that was not closed in order, and leaves the next writer all of it")
    func afterKill() async throws {
        let folder = try TemporaryFolder()
        let emulator = try SluiceProcess(["emulate", "--port", "0", "--ask", "What is a defect?"], in: folder.url)
        try #require(await emulator.line(with: "Ask more") != nil, "\(emulator.errors)")
        emulator.signal(SIGKILL)
        _ = await emulator.status()
        let before = try await SluiceProcess.run(["budget", "export"], in: folder.url)
        #expect(before.status == 0 && before.output.contains("\"settle\""), "\(before.errors)")
        let ask = try await SluiceProcess.run(["ask", "What is a warranty?"], in: folder.url)
        #expect(ask.status == 0, "\(ask.errors)")
        let after = try await SluiceProcess.run(["budget", "export"], in: folder.url)
        #expect(after.output.hasPrefix(before.output) && after.output.count > before.output.count)
        let verify = try await SluiceProcess.run(["budget", "verify"], in: folder.url)
        #expect(verify.status == 0, "\(verify.errors)")
    }
}
