import Foundation
import TestSupport
import Testing

@Suite("the door of a host", .timeLimit(.minutes(2)))
struct DoorTests {
    /// What a server says to some bytes, until it closes the connection.
    private func say(_ text: String, to port: Int) async throws -> (head: String, body: String) {
        let answer = try await RawConnection(to: port, sending: text).rest()
        let end = try #require(answer.firstRange(of: "\r\n\r\n"), "\(answer)")
        return (String(answer[..<end.lowerBound]), String(answer[end.upperBound...]))
    }

    private static func get(_ path: String) -> String { "GET \(path) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" }

    /// Asks until a server serves a path: those that have only just come do not go for others, and nothing tells when they
    /// do.
    private func untilServed(_ path: String, _ port: Int) async throws {
        while try await !say(Self.get(path), to: port).head.hasPrefix("HTTP/1.1 200") {
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    private func port(of host: HostRun) throws -> Int {
        try #require(Int(host.address.split(separator: ":").last ?? ""))
    }

    @Test("answers each request in JSON, refusals too, and HEAD as it does GET")
    func requests() async throws {
        let folder = try TemporaryFolder()
        let host = try await HostRun.start(in: folder.url, environment: HostRun.unused)
        let port = try port(of: host)
        let rest = " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
        let large = "{\"question\": \"\(String(repeating: "x", count: 70_000))\"}"
        let cases = [
            ("GET /nothing\(rest)\r\n", "404", ""), ("DELETE /healthz\(rest)\r\n", "405", "GET, HEAD, OPTIONS"),
            ("GET /v1/questions\(rest)\r\n", "405", "OPTIONS, POST"),
            ("OPTIONS /v1/questions\(rest)\r\n", "200", "OPTIONS, POST"),
            ("POST /v1/questions\(rest)Content-Length: \(large.utf8.count)\r\n\r\n\(large)", "413", ""),
            ("no request at all\r\n\r\n", "400", ""), ("FOO /healthz\(rest)\r\n", "405", "GET, HEAD, OPTIONS"),
            ("FOO /nothing\(rest)\r\n", "404", ""), ("GET /v1/questions/1?wait=soon\(rest)\r\n", "400", ""),
            ("GET /v1/questions/1?wait=-1\(rest)\r\n", "400", ""),
            // Both are the client's last words; it waits for the end.
            ("GET /nothing HTTP/1.0\r\n\r\n", "404", ""),
            (
                "GET /nothing HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nConnection: upgrade, close\r\n\r\n", "404",
                ""
            ),
        ]
        for (text, status, allow) in cases {
            let (head, body) = try await say(text, to: port)
            #expect(head.hasPrefix("HTTP/1.1 \(status)"), "\(text.prefix(40)): \(head)")
            #expect(allow.isEmpty || head.lowercased().contains("allow: \(allow.lowercased())"), "\(head)")
            let object = try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any]
            #expect(object?.isEmpty == false, "\(text.prefix(40)): \(body)")
        }
        let (head, body) = try await say("HEAD /healthz\(rest)\r\n", to: port)
        #expect(head.hasPrefix("HTTP/1.1 200") && head.lowercased().contains("content-length: 18") && body.isEmpty)
        #expect(await host.end() == 0)
    }

    @Test("stays open to others while more clients than there are descriptors say nothing")
    func crowd() async throws {
        let folder = try TemporaryFolder()
        let process = try SluiceProcess(
            ["-c", "ulimit -n 160 && exec \"$0\" host", SluiceProcess.binary], in: folder.url,
            environment: HostRun.unused.merging(["SLUICE_LISTEN_PORT": "0"]) { $1 }, executable: "/bin/sh")
        let ready = try #require(await process.line(with: "host ready"))
        let port = try #require(ready.firstMatch(of: /"listen.port":(\d+)/).flatMap { Int($0.1) })
        let crowd = try (0..<300).map { number in
            try RawConnection(
                to: port,
                sending: number.isMultiple(of: 2) ? "" : "POST /v1/questions HTTP/1.1\r\nContent-Length: 9\r\n\r\n")
        }
        try await untilServed("/readyz", port)
        // From now on nothing can be opened any more: neither a connection nor a file.
        try await ChildProcess.run(["prlimit", "--pid", "\(process.process.processIdentifier)", "--nofile=8:160"])
        let refused = try (0..<20).map { _ in try RawConnection(to: port, sending: Self.get("/readyz")) }
        try await ChildProcess.run(["prlimit", "--pid", "\(process.process.processIdentifier)", "--nofile=160:160"])
        for client in refused { #expect(try await client.rest().hasPrefix("HTTP/1.1")) }
        try await untilServed("/readyz", port)
        #expect(crowd.count == 300)
        process.signal(SIGTERM)
        #expect(await process.status() == 0)
    }

    /// Starts a host with places for few clients, and without the function that answers.
    private func smallHost(in folder: URL) async throws -> (process: SluiceProcess, port: Int) {
        let process = try SluiceProcess(
            ["-c", "ulimit -n 160 && exec \"$0\" host --functions pii-filter,rag-core", SluiceProcess.binary],
            in: folder, environment: HostRun.unused.merging(["SLUICE_LISTEN_PORT": "0"]) { $1 },
            executable: "/bin/sh")
        let ready = try #require(await process.line(with: "host ready"))
        return (process, try #require(ready.firstMatch(of: /"listen.port":(\d+)/).flatMap { Int($0.1) }))
    }

    @Test("says how it is while more clients wait than it has places, and forgets those that have left")
    func waiting() async throws {
        let folder = try TemporaryFolder()
        let (process, port) = try await smallHost(in: folder.url)
        let close = "Host: a\r\nConnection: close\r\n"
        let question = "{\"question\": \"Is a phone faulty?\", \"id\": \"w\"}"
        let asked = try await say(
            "POST /v1/questions HTTP/1.1\r\n\(close)Content-Length: \(question.utf8.count)\r\n\r\n\(question)", to: port
        )
        #expect(asked.head.hasPrefix("HTTP/1.1 202"))
        let wait = "GET /v1/questions/w?wait=60 HTTP/1.1\r\nHost: a\r\n\r\n"
        // Some send more behind it.
        var crowd = try (0..<40).map {
            try RawConnection(to: port, sending: $0.isMultiple(of: 2) ? wait : wait + wait)
        }
        let look = Self.get("/v1/questions/w")
        // Each look takes a place itself, and one of the crowd may have been refused for it: another comes instead.
        var isFull = false
        for _ in 0..<100 where !isFull {
            isFull = try await say(look, to: port).head.hasPrefix("HTTP/1.1 503")
            if !isFull { crowd.append(try RawConnection(to: port, sending: wait)) }
        }
        #expect(isFull)
        for path in ["/healthz", "/readyz", "/metrics"] { try await untilServed(path, port) }
        #expect(try await say(look, to: port).head.hasPrefix("HTTP/1.1 503"))
        #expect(crowd.count >= 40)
        crowd.removeAll()
        let left = ContinuousClock.now
        try await untilServed("/v1/questions/w", port)
        #expect(.now - left < .seconds(10))
        // Who has closed one side alone may still read.
        let half = try RawConnection(to: port, sending: wait)
        half.endSending()
        #expect(try await half.rest().contains("\"accepted\""))
        process.signal(SIGTERM)
        #expect(await process.status() == 0)
    }

    @Test("with too few descriptors to live on it does not open")
    func tooFew() async throws {
        let folder = try TemporaryFolder()
        let process = try SluiceProcess(
            ["-c", "ulimit -n 30 && exec \"$0\" host", SluiceProcess.binary], in: folder.url,
            environment: HostRun.unused, executable: "/bin/sh")
        #expect(await process.status() == 1)
        #expect(process.errors.contains("the process may have only 30 files open; raise `ulimit -n` to"))
    }
}
