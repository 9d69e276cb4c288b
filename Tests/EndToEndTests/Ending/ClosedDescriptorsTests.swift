import Foundation
import TestSupport
import Testing

@Suite("With standard input, output or error closed", .timeLimit(.minutes(2)))
struct ClosedDescriptorsTests {
    /// Lets a shell close what a parent may have closed.
    private func start(
        _ arguments: [String], _ closed: String, in folder: URL, environment: [String: String] = [:]
    ) throws -> SluiceProcess {
        try SluiceProcess(
            ["-c", "exec \"$0\" \"$@\" \(closed)", SluiceProcess.binary] + arguments, in: folder,
            environment: environment, executable: "/bin/sh")
    }

    @Test("a question that should come from there is empty")
    func input() async throws {
        let folder = try TemporaryFolder()
        let process = try start(["ask"], "<&-", in: folder.url)
        #expect(await process.status() == 2)
        #expect(process.errors.contains("the question is empty"))
    }

    @Test("a command does what it does else", arguments: ["<&-", "<&- >&-", ">&- 2>&-", "<&- >&- 2>&-"])
    func commands(closed: String) async throws {
        let folder = try TemporaryFolder()
        for arguments in [["ask", "What is a defect?"], ["budget", "status"], ["budget", "verify"]] {
            let process = try start(arguments, closed, in: folder.url)
            #expect(await process.status() == 0, "\(arguments) \(process.errors)")
        }
        // Neither a message nor an answer went into a file.
        let ending = try await SluiceProcess.run(["history", "export"], in: folder.url)
        #expect(ending.status == 0 && ending.output.contains("What is a defect?"), "\(ending.errors)")
    }

    @Test("a host serves, and ends in order")
    func host() async throws {
        let folder = try TemporaryFolder()
        let port = try LoopbackPort.free()
        let process = try start(
            ["host"], "<&- >&- 2>&-", in: folder.url,
            environment: HostRun.unused.merging(["SLUICE_LISTEN_PORT": "\(port)"]) { $1 })
        // It can say to nobody that it is ready.
        while process.process.isRunning, !LoopbackPort.answers(port) { try await Task.sleep(for: .milliseconds(50)) }
        let request = "GET /readyz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        #expect(try await RawConnection(to: port, sending: request).rest().hasPrefix("HTTP/1.1 200"))
        process.signal(SIGTERM)
        #expect(await process.status() == 0)
    }
}
