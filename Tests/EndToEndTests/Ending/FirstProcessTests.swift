import Foundation
import TestSupport
import Testing

@Suite("sluice host as the first process of a container", .timeLimit(.minutes(1)))
struct FirstProcessTests {
    /// Runs a shell command in the namespace of a process; gives what it printed, and how it ended.
    private func inside(_ process: String, _ command: String) throws -> (output: String, status: Int32) {
        let shell = Process()
        shell.executableURL = URL(filePath: "/usr/bin/nsenter")
        shell.arguments = ["--target", process, "--pid", "--mount", "sh", "-c", command]
        let output = Pipe()
        shell.standardOutput = output
        try shell.run()
        let printed = try output.fileHandleForReading.readToEnd() ?? Data()
        shell.waitUntilExit()
        return (
            String(decoding: printed, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines),
            shell.terminationStatus
        )
    }

    @Test("leaves no orphan as a zombie, and drains on SIGTERM")
    func first() async throws {
        let folder = try TemporaryFolder()
        let container = try SluiceProcess(
            ["--fork", "--pid", "--mount-proc", "--kill-child", SluiceProcess.binary, "host"], in: folder.url,
            environment: HostRun.unused.merging(["SLUICE_LISTEN_PORT": "0"]) { $1 }, executable: "/usr/bin/unshare")
        let ready = await container.line(with: "host ready")
        #expect(ready != nil, "\(container.errors)")
        let number = container.process.processIdentifier
        let children = try String(contentsOfFile: "/proc/\(number)/task/\(number)/children", encoding: .utf8)
        let host = try #require(children.split(separator: " ").first.map(String.init))

        // The shell ends at once, so that its child becomes the host's.
        let orphan = try inside(host, "sleep 0.2 >/dev/null & echo $!").output
        let gone = try inside(host, "timeout 20 sh -c 'while test -d /proc/\(orphan); do sleep 0.05; done'")
        #expect(gone.status == 0, "process \(orphan) is a zombie")

        kill(try #require(pid_t(host)), SIGTERM)
        #expect(await container.line(with: "host drained") != nil)
        #expect(await container.status() == 0)
    }
}
