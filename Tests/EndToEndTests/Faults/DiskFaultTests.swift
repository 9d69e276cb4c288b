import Foundation
import TestSupport
import Testing

@Suite("sluice host on a disk that fails", .serialized, .timeLimit(.minutes(3)))
struct DiskFaultTests {
    private static let source = SluiceProcess.repository + "/Tests/EndToEndTests/Faults/DiskFault.c"
    private static let begun = "not as it should be"
    private static let over = "as it should be again"

    @Test(
        "says what the disk does, calls no whole file damaged, names no other folder, and goes on by itself",
        arguments: [
            ("w 122 sluice.sqlite-wal", "quota"), ("w 30 sluice.sqlite-wal", "read-only file system"),
            ("r 5 sluice.sqlite-wal", "cannot be read"), ("r 5 sluice.sqlite", "cannot be read"),
        ])
    func says(fault: String, cause: String) async throws {
        let folder = try TemporaryFolder()
        let library = folder.url.appending(path: "disk-fault.so").path
        try await ChildProcess.run(["cc", "-shared", "-fPIC", "-Wall", "-Werror", "-o", library, Self.source])
        let switchFile = folder.url.appending(path: "fault")
        let host = try await HostRun.start(
            in: folder.url,
            environment: HostRun.unused.merging(["LD_PRELOAD": library, "DISK_FAULT": switchFile.path]) { $1 })
        try Data(fault.utf8).write(to: switchFile, options: .atomic)
        // What meets it, again and again as hosts do.
        let asking = Task {
            while !Task.isCancelled {
                _ = try? await host.get("/v1/questions", post: #"{"question": "Is my phone faulty?"}"#)
                try? await Task.sleep(for: .milliseconds(200))
            }
        }
        var told: String
        repeat { told = try #require(try await host.line(Self.begun)["error"] as? String) } while !told.contains(cause)
        #expect(!told.contains("damaged") && !told.contains("another folder"), "\(told)")
        let ready = try await host.get("/readyz")
        #expect(ready.status == 503 && ready.body.contains("sluice.sqlite"), "\(ready.body)")
        asking.cancel()
        try FileManager.default.removeItem(at: switchFile)
        _ = try await host.line(Self.over)
        #expect(await host.end() == 0)
    }
}
