import Foundation
import Glibc
package import HTTPTransport
import Synchronization
import TestSupport

/// A real Chroma on a free loopback port, in a temporary folder, that ends with the one who started it.
package final class ChromaTestServer: Sendable {
    /// Long enough for a start on a busy machine.
    private static let startTime = Duration.seconds(60)

    /// Which one it is.
    package let release: ChromaRelease
    /// Where it listens.
    package let port: Int
    /// Where its files lie.
    package let folder: String
    /// A client for whoever talks to it.
    package let http: HTTPClient

    private let environment: [String: String]
    private let running = Mutex<ChromaProcess?>(nil)
    private static let sharedServers = Mutex<[ChromaRelease: Task<ChromaTestServer, any Error>]>([:])

    /// Where it answers.
    package var url: String { "http://127.0.0.1:\(port)" }

    /// One for all tests of this process that do not harm it.
    package static func shared(_ release: ChromaRelease) async throws -> ChromaTestServer {
        // Awaited just below, by all who want the server.
        let task = sharedServers.withLock { servers in
            let task = servers[release] ?? Task { try await ChromaTestServer(release) }
            servers[release] = task
            return task
        }
        return try await task.value
    }

    /// Makes and starts a server.
    ///
    /// - Parameters:
    ///   - release: Which one.
    ///   - token: What callers have to show; for ``ChromaRelease/old`` alone.
    /// - Throws: ``ChromaMissing`` where it is not installed, or ``ChromaNotStarted``.
    package init(_ release: ChromaRelease, token: String? = nil) async throws {
        self.release = release
        folder = FileManager.default.temporaryDirectory.appending(path: "sluice-chroma-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        port = try LoopbackPort.free()
        http = try HTTPClient()
        var environment = [
            "PATH": "/usr/bin:/bin", "HOME": folder, "LANG": "C.UTF-8",
            // Or it would tell its makers of each start.
            "ANONYMIZED_TELEMETRY": "False",
        ]
        if let token {
            environment["CHROMA_SERVER_AUTHN_PROVIDER"] =
                "chromadb.auth.token_authn.TokenAuthenticationServerProvider"
            environment["CHROMA_SERVER_AUTHN_CREDENTIALS"] = token
        }
        self.environment = environment
        try await start()
    }

    /// One that runs is killed, and its folder removed, by its shell.
    deinit {
        if running.withLock({ $0 == nil }) { try? FileManager.default.removeItem(atPath: folder) }
    }

    /// Starts it, again, on the same files.
    ///
    /// - Parameter release: Another one in its place; nil for its own.
    /// - Throws: ``ChromaMissing`` or ``ChromaNotStarted``.
    package func start(as release: ChromaRelease? = nil) async throws {
        let command = [
            try (release ?? self.release).program(), "run", "--path", "\(folder)/data", "--host", "127.0.0.1", "--port",
            "\(port)",
        ]
        let process = try ChromaProcess(command, folder: folder, environment: environment)
        running.withLock { $0 = process }
        let deadline = ContinuousClock.now + Self.startTime
        while ContinuousClock.now < deadline {
            if await isReady() { return }
            // Nothing tells when it is ready, but that it answers.
            try await Task.sleep(for: .milliseconds(50))
        }
        let log = (try? String(contentsOfFile: "\(folder)/console", encoding: .utf8)) ?? ""
        throw ChromaNotStarted(log: String(log.suffix(2_000)))
    }

    private func isReady() async -> Bool {
        let answer = try? await http.send(
            HTTPRequest(method: "GET", url: "\(url)/api/v2/heartbeat", timeout: .seconds(2)))
        return answer?.status == 200
    }

    /// Kills it, as a power cut would.
    package func die() async {
        let process = running.withLock { running in
            defer { running = nil }
            return running
        }
        await process?.kill()
    }

    /// Stops it in the middle of whatever it does, until ``thaw()``.
    package func freeze() { signal(SIGSTOP) }

    /// Lets a frozen server go on.
    package func thaw() { signal(SIGCONT) }

    /// Lets it take no more memory from the system than it has, until ``giveMemory()``.
    package func takeMemory() async throws { try await limitMemory("1") }

    /// Lets it take memory again.
    package func giveMemory() async throws { try await limitMemory("unlimited") }

    private func limitMemory(_ bytes: String) async throws {
        guard let id = running.withLock({ $0?.id }) else { return }
        // The soft limit alone, which may be lifted again.
        try await ChildProcess.run(["prlimit", "--pid", "\(id)", "--as=\(bytes):"])
    }

    private func signal(_ number: Int32) {
        if let id = running.withLock({ $0?.id }) { kill(id, number) }
    }
}
