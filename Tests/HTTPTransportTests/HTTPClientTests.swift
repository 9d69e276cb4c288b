import Foundation
import HTTPTransport
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct HTTPClientTests {
    private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Twice: a\r\nx-twice:  b \r\n\r\nok"

    private func withClient(_ body: (HTTPClient) async throws -> Void) async throws {
        let client = try HTTPClient()
        do {
            try await body(client)
        } catch {
            await client.shutdown()
            throw error
        }
        await client.shutdown()
    }

    /// The error of a request that must fail.
    private func failure(_ client: HTTPClient, _ request: HTTPRequest) async -> HTTPError? {
        do throws(HTTPError) {
            _ = try await client.send(request)
            return nil
        } catch {
            return error
        }
    }

    @Test("a request goes out exactly as written, and its answer comes back whole")
    func success() async throws {
        let server = try RawServer { _ in .send(Self.ok) }
        try await withClient { client in
            let request = HTTPRequest(
                method: "POST", url: server.url + "/a%3Ab/../c//d?e=%2f",
                headers: [("X-One", "1"), ("X-Empty", "")], body: Data("body".utf8))
            let response = try await client.send(request)
            #expect(
                response
                    == HTTPResponse(
                        status: 200, headers: ["content-length": "2", "x-twice": "a,b"], body: Data("ok".utf8)))
            var events = server.events.makeAsyncIterator()
            guard case .request(let sent) = await events.next() else {
                Issue.record("no request came")
                return
            }
            let lines = sent.components(separatedBy: "\r\n")
            #expect(lines.first == "POST /a%3Ab/../c//d?e=%2f HTTP/1.1")
            #expect(lines.last == "body")
            #expect(
                Set(lines.dropFirst().dropLast(2)) == [
                    "Host: 127.0.0.1:\(server.port)", "User-Agent: sluice", "X-One: 1", "X-Empty:", "Content-Length: 4",
                ])
        }
    }

    @Test("no more connections than it may have are opened; a request that waits for one was not sent")
    func limit() async throws {
        let server = try RawServer { _ in .stall }
        let client = try HTTPClient(connectionsMax: 2)
        let patient = HTTPRequest(method: "GET", url: server.url, timeout: .seconds(2))
        let brief = HTTPRequest(method: "GET", url: server.url, timeout: .milliseconds(100))
        async let first = failure(client, patient)
        async let second = failure(client, patient)
        var events = server.events.makeAsyncIterator()
        for _ in 0..<2 { _ = await events.next() }
        for _ in 0..<2 { #expect(await failure(client, brief) == .timedOut(wasSent: false)) }
        #expect(await [first, second] == [.timedOut(wasSent: true), .timedOut(wasSent: true)])
        await client.shutdown()
    }

    @Test("an error status and a redirect are answers like others", arguments: [302, 404, 500])
    func statuses(status: Int) async throws {
        let server = try RawServer { _ in
            .send("HTTP/1.1 \(status) X\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")
        }
        try await withClient { client in
            let response = try await client.send(HTTPRequest(method: "GET", url: server.url))
            #expect(response.status == status)
        }
    }

    @Test("an interim answer's headers are not the answer's")
    func interim() async throws {
        let server = try RawServer { _ in .send("HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n" + Self.ok) }
        try await withClient { client in
            let response = try await client.send(HTTPRequest(method: "GET", url: server.url))
            #expect(response.headers["x-early"] == nil)
            #expect(response.status == 200)
        }
    }

    @Test("a POST without a body says so")
    func emptyBody() async throws {
        let server = try RawServer { .send($0.contains("Content-Length: 0\r\n") ? Self.ok : "") }
        try await withClient { client in
            let response = try await client.send(HTTPRequest(method: "POST", url: server.url))
            #expect(response.status == 200)
        }
    }

    @Test("a refused connection is surely not sent")
    func refused() async throws {
        try await withClient { client in
            try await RawServer.withSilentPort { port in
                let error = await failure(client, HTTPRequest(method: "POST", url: "http://127.0.0.1:\(port)/"))
                guard case .notConnected = error else {
                    Issue.record("\(String(describing: error))")
                    return
                }
                #expect(error?.wasSent == false)
            }
        }
    }

    @Test("a failed TLS handshake is surely not sent")
    func plainServerBehindTLS() async throws {
        // Reads until a blank line, which a handshake does not hold, so it closes when the client gives up.
        let server = try RawServer { _ in .send(Self.ok) }
        try await withClient { client in
            let url = "https://127.0.0.1:\(server.port)/"
            let request = HTTPRequest(method: "POST", url: url, timeout: .milliseconds(300))
            #expect(await failure(client, request)?.wasSent == false)
        }
    }

    @Test(
        "a hang-up after the request is in doubt, whatever part of the answer came",
        arguments: [
            "", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "no HTTP at all\r\n\r\n",
        ])
    func hangUp(answer: String) async throws {
        let server = try RawServer { _ in .send(answer) }
        try await withClient { client in
            let error = await failure(client, HTTPRequest(method: "POST", url: server.url, body: Data("pay".utf8)))
            #expect(error?.wasSent == true)
        }
    }

    @Test("a hang-up makes nobody send the request a second time")
    func sentOnce() async throws {
        let server = try RawServer { request in .send(request.contains("pay") ? "" : Self.ok) }
        try await withClient { client in
            _ = try await client.send(HTTPRequest(method: "GET", url: server.url))
            _ = await failure(client, HTTPRequest(method: "POST", url: server.url, body: Data("pay".utf8)))
            _ = try await client.send(HTTPRequest(method: "GET", url: server.url + "/last"))
            var payments = 0
            for await case .request(let request) in server.events {
                if request.contains("pay") { payments += 1 }
                if request.contains("/last") { break }
            }
            #expect(payments == 1)
        }
    }

    @Test("a stalled answer times out, in doubt")
    func timeout() async throws {
        let server = try RawServer { _ in .stall }
        try await withClient { client in
            let request = HTTPRequest(method: "POST", url: server.url, timeout: .milliseconds(100))
            #expect(await failure(client, request) == .timedOut(wasSent: true))
        }
    }

    @Test("a body is taken up to the limit and not beyond", arguments: [(1000, true), (999, false)])
    func limit(bytesMax: Int, fits: Bool) async throws {
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + String(repeating: "x", count: 1000)
        let server = try RawServer { _ in .send(answer) }
        try await withClient { client in
            let request = HTTPRequest(method: "GET", url: server.url, responseBytesMax: bytesMax)
            #expect(await failure(client, request) == (fits ? nil : .tooLarge))
        }
    }

    @Test("headers without end are refused")
    func endlessHeaders() async throws {
        let field = "X-A: " + String(repeating: "x", count: 1000) + "\r\n"
        let server = try RawServer { _ in
            .send("HTTP/1.1 200 OK\r\n" + String(repeating: field, count: 200) + "Content-Length: 0\r\n\r\n")
        }
        try await withClient { client in
            #expect(await failure(client, HTTPRequest(method: "GET", url: server.url)) == .tooLarge)
        }
    }

    @Test(
        "what could be read as another request is not sent",
        arguments: [
            HTTPRequest(method: "GET", url: "file:///etc/hostname"),
            HTTPRequest(method: "GET", url: "http://127.0.0.1/a b"),
            HTTPRequest(method: "GET /", url: "http://127.0.0.1/"),
            HTTPRequest(method: "GET", url: "http://127.0.0.1/", headers: [("X", "a\r\nY: b")]),
            HTTPRequest(method: "GET", url: "http://127.0.0.1/", headers: [("X: a\r\nY", "b")]),
        ])
    func invalid(request: HTTPRequest) async throws {
        try await withClient { client in
            #expect(await failure(client, request) == .invalidRequest)
        }
    }

    @Test("cancelling the task closes the connection, in doubt")
    func cancellation() async throws {
        let server = try RawServer { _ in .stall }
        try await withClient { client in
            let request = HTTPRequest(method: "POST", url: server.url)
            let error = await withTaskGroup(of: HTTPError?.self) { group in
                group.addTask { await self.failure(client, request) }
                var events = server.events.makeAsyncIterator()
                _ = await events.next()
                group.cancelAll()
                #expect(await events.next() == .closedByClient)
                return await group.next() ?? nil
            }
            #expect(error == .cancelled(wasSent: true))
        }
    }

    @Test("a task that is cancelled already sends nothing")
    func cancelledBefore() async throws {
        try await withClient { client in
            let error = await withTaskGroup(of: HTTPError?.self) { group in
                group.cancelAll()
                group.addTask { await self.failure(client, HTTPRequest(method: "POST", url: "http://127.0.0.1:9/")) }
                return await group.next() ?? nil
            }
            #expect(error == .cancelled(wasSent: false))
        }
    }

    @Test("a hundred requests at once are all answered, each with its own answer")
    func concurrent() async throws {
        let server = try RawServer { request in
            let path = request.prefix { $0 != "\r\n" }.split(separator: " ")[1]
            return .send("HTTP/1.1 200 OK\r\nContent-Length: \(path.utf8.count)\r\n\r\n\(path)")
        }
        try await withClient { client in
            let answers = try await withThrowingTaskGroup(of: (Int, Data).self) { group in
                for number in 0..<100 {
                    group.addTask {
                        (number, try await client.send(HTTPRequest(method: "GET", url: "\(server.url)/\(number)")).body)
                    }
                }
                return try await group.reduce(into: [:]) { $0[$1.0] = String(decoding: $1.1, as: UTF8.self) }
            }
            #expect(answers == Dictionary(uniqueKeysWithValues: (0..<100).map { ($0, "/\($0)") }))
        }
    }

    @Test("a shutdown ends what is under way, in doubt, and refuses what comes later")
    func shutdown() async throws {
        let server = try RawServer { _ in .stall }
        let client = try HTTPClient()
        let errors = await withTaskGroup(of: HTTPError?.self) { group in
            for _ in 0..<3 {
                group.addTask { await self.failure(client, HTTPRequest(method: "POST", url: server.url)) }
            }
            var events = server.events.makeAsyncIterator()
            for _ in 0..<3 { _ = await events.next() }
            await client.shutdown()
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(errors == Array(repeating: .cancelled(wasSent: true), count: 3))
        #expect(await failure(client, HTTPRequest(method: "GET", url: server.url)) == .shutDown)
        await client.shutdown()
    }
}
