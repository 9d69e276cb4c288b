import Foundation
import Synchronization

/// A shell that starts and kills the server on request and, when this process ends, kills it and cleans up.
final class Supervisor: Sendable {
    private static let script = """
        trap '' HUP INT TERM
        epmd -address 127.0.0.1 -port "$ERL_EPMD_PORT" >/dev/null 2>&1 & mapper=$!
        until epmd -port "$ERL_EPMD_PORT" -names >/dev/null 2>&1; do sleep 0.05; done
        broker=
        while read -r command; do
            case $command in
                start) "$1" >>"$2/console" 2>&1 & broker=$!; echo "$broker" ;;
                kill) kill -KILL "$broker"; wait "$broker" 2>/dev/null; echo "$broker" ;;
            esac
        done
        kill -KILL $broker "$mapper"
        wait
        rm -rf "$2" || { sleep 1; rm -rf "$2"; }
        """

    private let requests = Pipe()
    private let answers: Mutex<AsyncStream<String>.AsyncIterator>

    /// Starts the shell and the port mapper; the server is started by ``start()``.
    init(program: String, folder: String, environment: [String: String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", Self.script, "sh", program, folder]
        process.environment = environment
        process.standardInput = requests
        process.standardError = FileHandle.nullDevice
        let output = Pipe()
        process.standardOutput = output
        let (lines, feed) = AsyncStream.makeStream(of: String.self)
        answers = Mutex(lines.makeAsyncIterator())
        try process.run()
        // A thread, because reading blocks.
        Thread.detachNewThread {
            var rest = Data()
            while case let piece = output.fileHandleForReading.availableData, !piece.isEmpty {
                rest += piece
                while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                    feed.yield(String(decoding: rest[rest.startIndex..<end], as: UTF8.self))
                    rest = Data(rest[(end + 1)...])
                }
            }
            feed.finish()
        }
    }

    /// Starts the server and gives its process id.
    func start() async throws -> Int32 { try await ask("start") }

    /// Kills the server and waits for its end.
    func kill() async throws { _ = try await ask("kill") }

    private func ask(_ request: String) async throws -> Int32 {
        try requests.fileHandleForWriting.write(contentsOf: Data("\(request)\n".utf8))
        var iterator = answers.withLock { $0 }
        guard let pid = await iterator.next().flatMap({ Int32($0) }) else {
            throw RabbitMQServerError.failed("the shell beside rabbitmq-server has ended")
        }
        return pid
    }
}
