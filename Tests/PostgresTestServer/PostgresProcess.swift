import Foundation
import Synchronization
import TestSupport

/// PostgreSQL is not installed.
package struct PostgresMissing: Error, CustomStringConvertible {
    /// What to do.
    package let description =
        "PostgreSQL is not installed: run script/test, or apt-get install postgresql-15 libpq-dev"
}

/// PostgreSQL did not start.
package struct PostgresNotStarted: Error, CustomStringConvertible {
    /// What it said.
    package let log: String
    /// What it said.
    package var description: String { "PostgreSQL did not start: \(log)" }
}

/// A running server, and the shell that ends it when this process ends, however it ends.
final class PostgresProcess: Sendable {
    /// The server refuses to run as root.
    private static let isRoot = geteuid() == 0

    private let shell: Process
    private let input: Pipe
    private let said: Said

    /// What the server writes to its log.
    private final class Said: Sendable {
        let lines = Mutex<[String]>([])
        let (ready, tell) = AsyncStream.makeStream(of: Bool.self)

        func read(_ pipe: Pipe, until readyText: String) {
            var rest = ""
            while case let data = pipe.fileHandleForReading.availableData, !data.isEmpty {
                rest += String(decoding: data, as: UTF8.self)
                while let end = rest.firstIndex(of: "\n") {
                    let line = String(rest[..<end])
                    rest.removeSubrange(...end)
                    lines.withLock { $0 = ($0 + [line]).suffix(20) }
                    if line.contains(readyText) { tell.yield(true) }
                }
            }
            tell.yield(false)
            tell.finish()
        }
    }

    private static let script = """
        folder=$1; signal=$2; shift 2
        "$@" </dev/null &
        read -r word
        kill -s "$signal" $! 2>/dev/null
        wait $!
        [ "$word" = keep ] || rm -rf "$folder"
        """

    /// Starts the server on a folder and waits until it is ready.
    convenience init(folder: String, settings: [String: String]) async throws {
        let server = [try Self.program("postgres"), "-D", "\(folder)/data"]
        try await self.init(
            folder: folder, command: server + settings.flatMap { ["-c", "\($0)=\($1)"] },
            readyText: "ready to accept connections")
    }

    /// Starts a program whose folder goes with it, as the server's user, and waits until it says that it is ready.
    ///
    /// The end signal is what ends it without waiting for its clients.
    init(folder: String, command: [String], readyText: String, endSignal: String = "INT") async throws {
        let server = Self.asServer(command)
        said = Said()
        let output: Pipe
        (shell, input, output) = try ChildProcess.start {
            let (shell, input, output) = (Process(), Pipe(), Pipe())
            // Our death closes the pipe. Not `sh`: it never wakes from `wait` where our threads block SIGCHLD.
            shell.executableURL = URL(filePath: "/bin/bash")
            shell.arguments = ["-c", Self.script, "postgres-test-server", folder, endSignal] + server
            shell.standardInput = input
            shell.standardOutput = FileHandle.nullDevice
            shell.standardError = output
            try shell.run()
            return (shell, input, output)
        }
        // It reads for as long as the server runs; the server's end is the pipe's.
        Thread.detachNewThread { [said] in said.read(output, until: readyText) }
        for await isReady in said.ready {
            if isReady { return }
            break
        }
        throw PostgresNotStarted(log: said.lines.withLock { $0.joined(separator: "\n") })
    }

    deinit { try? input.fileHandleForWriting.close() }

    func stop(keepsFolder: Bool) async {
        if keepsFolder { try? input.fileHandleForWriting.write(contentsOf: Data("keep\n".utf8)) }
        try? input.fileHandleForWriting.close()
        await ended()
    }

    /// Ends all its processes at once, as a power cut would.
    func kill() async {
        signalAll(SIGKILL)
        await stop(keepsFolder: true)
    }

    /// The server first, so that it starts no other.
    func signalAll(_ signal: Int32) {
        guard let server = serverID else { return }
        let children =
            (try? String(contentsOfFile: "/proc/\(server)/task/\(server)/children", encoding: .utf8)) ?? ""
        Glibc.kill(server, signal)
        for child in children.split(separator: " ").compactMap({ pid_t($0) }) { Glibc.kill(child, signal) }
    }

    private var serverID: pid_t? {
        guard let folder = shell.arguments?.dropFirst(3).first else { return nil }
        let text = try? String(contentsOfFile: "\(folder)/data/postmaster.pid", encoding: .utf8)
        return text?.split(separator: "\n").first.flatMap { pid_t($0) }
    }

    /// The end of what the server and its shell say is their end.
    private func ended() async {
        for await isReady in said.ready where !isReady { return }
    }

    // MARK: - Programs

    /// Runs one of PostgreSQL's programs to its end.
    static func run(_ name: String, _ arguments: [String]) async throws {
        try await ChildProcess.run(asServer([try program(name)] + arguments))
    }

    /// Gives a folder to the user that the server runs as.
    static func give(_ folder: String) throws {
        guard isRoot, let user = unsafe getpwnam("postgres") else { return }
        let (owner, group) = unsafe (user.pointee.pw_uid, user.pointee.pw_gid)
        unsafe chown(folder, owner, group)
        for path in try FileManager.default.subpathsOfDirectory(atPath: folder) {
            unsafe chown("\(folder)/\(path)", owner, group)
        }
    }

    private static func asServer(_ command: [String]) -> [String] {
        isRoot ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] + command : command
    }

    static func program(_ name: String) throws -> String {
        let root = "/usr/lib/postgresql"
        let versions = ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []).compactMap { Int($0) }
        guard let version = versions.max() else { throw PostgresMissing() }
        let path = "\(root)/\(version)/bin/\(name)"
        guard FileManager.default.isExecutableFile(atPath: path) else { throw PostgresMissing() }
        return path
    }
}
