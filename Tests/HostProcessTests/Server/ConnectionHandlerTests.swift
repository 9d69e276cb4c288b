import Composition
import Hummingbird
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import Testing

@testable import HostProcess

@Suite("Connections")
struct ConnectionHandlerTests {
    private static let times = ConnectionTimes()

    /// A connection that a client has made.
    private struct Connection {
        let loop: EmbeddedEventLoop
        let channel: EmbeddedChannel

        init(_ connections: OpenConnections = OpenConnections(countMax: 10, kept: 2)) throws {
            loop = EmbeddedEventLoop()
            channel = EmbeddedChannel(
                handler: ConnectionHandler(times: ConnectionHandlerTests.times, connections: connections), loop: loop)
            try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
        }

        var isOpen: Bool { channel.isActive }

        /// Sends the head of a request, as it comes through all handlers.
        func begin(_ method: HTTPRequest.Method = .post, _ path: String = "/") throws {
            trickle()
            try channel.writeInbound(
                HTTPRequestPart.head(HTTPRequest(method: method, scheme: "http", authority: "a", path: path)))
        }

        /// Sends a part of a head.
        func trickle() { channel.pipeline.fireUserInboundEventTriggered(ClientBytes.Came()) }

        func body() throws { try channel.writeInbound(HTTPRequestPart.body(ByteBuffer(string: "x"))) }

        func end() throws { try channel.writeInbound(HTTPRequestPart.end(nil)) }

        func answer(_ status: HTTPResponse.Status = .ok, _ text: String = "a") throws {
            let head = HTTPResponse(status: status, headerFields: [.contentLength: "\(text.utf8.count)"])
            try channel.writeOutbound(HTTPResponsePart.head(head))
            if !text.isEmpty { try channel.writeOutbound(HTTPResponsePart.body(ByteBuffer(string: text))) }
            try channel.writeOutbound(HTTPResponsePart.end(nil))
        }

        /// The next answer that goes out.
        func written() throws -> (status: Int, length: String?, body: String)? {
            guard case .head(let head) = try channel.readOutbound(as: HTTPResponsePart.self) else { return nil }
            var body = ""
            while case .body(let piece) = try channel.readOutbound(as: HTTPResponsePart.self) {
                body += String(buffer: piece)
            }
            return (head.status.code, head.headerFields[.contentLength], body)
        }

        func wait(_ time: TimeAmount) { loop.advanceTime(by: time) }
    }

    @Test("that say nothing are closed, at first and between requests")
    func silent() throws {
        let silent = try Connection()
        silent.wait(Self.times.head - .seconds(1))
        #expect(silent.isOpen)
        silent.wait(.seconds(1))
        #expect(!silent.isOpen)

        let idle = try Connection()
        try idle.begin(.get)
        try idle.end()
        // The server's own turn takes as long as it takes.
        idle.wait(.minutes(10))
        try idle.answer()
        idle.wait(Self.times.idle - .seconds(1))
        #expect(idle.isOpen)
        idle.wait(.seconds(1))
        #expect(!idle.isOpen)
    }

    @Test("whose next head only trickles are closed as soon as those whose first one does")
    func tricklingHead() throws {
        let connection = try Connection()
        try connection.begin(.get)
        try connection.end()
        try connection.answer()
        connection.wait(.seconds(20))
        for _ in 0..<30 {
            #expect(connection.isOpen)
            connection.trickle()
            connection.wait(.seconds(1))
        }
        #expect(!connection.isOpen)
    }

    @Test("whose body only trickles get 408, and are closed")
    func trickling() throws {
        let connection = try Connection()
        try connection.begin()
        for _ in 0..<30 {
            #expect(connection.isOpen)
            try connection.body()
            connection.wait(.seconds(1))
        }
        #expect(!connection.isOpen)
        let answer = try #require(try connection.written())
        #expect(answer == (408, "\(answer.body.utf8.count)", #"{"error":"the request took too long to come"}"#))
    }

    @Test("on which an answer went out before the end of the body are closed without another one")
    func answeredEarly() throws {
        let connection = try Connection()
        try connection.begin()
        try connection.answer(.contentTooLarge, "too much")
        #expect(try connection.written()?.status == 413)
        connection.wait(Self.times.body)
        #expect(!connection.isOpen)
        #expect(try connection.written() == nil)
    }

    @Test("whose body is wanted are told so, but not once it has come or has its answer")
    func wanted() async throws {
        let connection = try Connection()
        let want = { connection.channel.triggerUserOutboundEvent(ConnectionHandler.BodyWanted(), promise: nil) }
        try connection.begin()
        want()
        #expect(try connection.written()?.status == 100)
        try connection.body()
        try connection.end()
        want()
        #expect(try connection.written() == nil)
        try connection.answer()
        #expect(try connection.written()?.status == 200)
        try connection.begin()
        try connection.answer(.contentTooLarge, "too much")
        #expect(try connection.written()?.status == 413)
        want()
        #expect(try connection.written() == nil)
    }

    @Test("that are under way when the server ends are closed soon")
    func ending() throws {
        let connection = try Connection()
        try connection.begin()
        connection.channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        #expect(connection.isOpen)
        connection.wait(Self.times.ending)
        #expect(!connection.isOpen)
    }

    @Test("get a body with each refusal, but for HEAD")
    func bodies() throws {
        let connection = try Connection()
        try connection.begin(.get)
        try connection.end()
        try connection.answer(.internalServerError, "")
        #expect(try connection.written()?.body == #"{"error":"internal server error"}"#)
        try connection.begin(.head)
        try connection.end()
        try connection.answer(.internalServerError, "")
        #expect(try connection.written()?.body.isEmpty == true)
    }

    @Test("beyond the room take the place of the one that has said nothing longest; where all work, they are refused")
    func room() throws {
        let connections = OpenConnections(countMax: 2, kept: 0, patience: .zero)
        let (first, second) = (try Connection(connections), try Connection(connections))
        try first.begin(.get)
        try first.end()
        let third = try Connection(connections)
        #expect(first.isOpen && !second.isOpen && third.isOpen)
        try third.begin(.get)
        try third.end()
        let fourth = try Connection(connections)
        #expect(try fourth.written()?.status == 503)
        #expect(!fourth.isOpen && first.isOpen && third.isOpen)
        // One that has its answer may go again.
        try first.answer()
        let fifth = try Connection(connections)
        #expect(fifth.isOpen && !first.isOpen)
    }

    @Test("for health and metrics have places of their own, which nobody else takes")
    func kept() throws {
        let connections = OpenConnections(countMax: 4, kept: 2, patience: .zero)
        let asking = try (0..<2).map { _ in try Connection(connections) }
        for connection in asking {
            try connection.begin(.get, "/v1/questions/1?wait=60")
            try connection.end()
        }
        let other = try Connection(connections)
        try other.begin(.get, "/v1/questions/1?wait=60")
        #expect(try other.written()?.status == 503)
        // What it sends after that goes nowhere.
        try other.end()
        #expect(try other.channel.readInbound(as: HTTPRequestPart.self) == nil)
        #expect(!other.isOpen && asking.allSatisfy(\.isOpen))
        for path in ["/healthz", "/readyz?a", "/metrics"] {
            let platform = try Connection(connections)
            try platform.begin(.get, path)
            try platform.end()
            try platform.answer()
            #expect(try platform.written()?.status == 200)
        }
        // Whoever has its answer makes room for the next.
        try asking[0].answer()
        let next = try Connection(connections)
        try next.begin(.head)
        try next.end()
        #expect(next.isOpen && asking[1].isOpen)
        // One whose request does not come whole has to go for others.
        try next.answer()
        try next.begin(.post)
        let last = try Connection(connections)
        try last.begin(.post)
        #expect(last.isOpen && !next.isOpen)
    }

    @Test("are few, and a refusal of HEAD has no body")
    func refusedHead() throws {
        let connection = try Connection(OpenConnections(countMax: 1, kept: 1))
        try connection.begin(.head)
        let answer = try #require(try connection.written())
        #expect(answer.status == 503 && answer.body.isEmpty)
    }

    @Test("whose client has left end what it waits for", arguments: [true, false])
    func left(closesHalf: Bool) async throws {
        let connection = try Connection()
        let client = try connection.channel.pipeline.syncOperations.handler(type: ConnectionHandler.self).client
        let (begun, begin) = AsyncStream.makeStream(of: Void.self)
        async let waited: Bool? = client.whileThere {
            begin.finish()
            try? await Task.sleep(for: .seconds(600))
            return Task.isCancelled
        }
        for await _ in begun {}
        if closesHalf {
            connection.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        } else {
            try await connection.channel.close()
        }
        #expect(try await waited == nil)
        #expect(try await client.whileThere { true } == nil)
    }

    @Test("that have only just come do not have to go for others")
    func justCome() throws {
        let connections = OpenConnections(countMax: 1, kept: 0)
        let (first, second) = (try Connection(connections), try Connection(connections))
        #expect(first.isOpen && !second.isOpen)
        #expect(try second.written()?.status == 503)
    }

    @Test("are so few that descriptors are left for the process")
    func descriptors() {
        #expect(ProcessFacts.connectionsMax(of: 65_536) == 1_000)
        let needed = ProcessFacts.descriptorsNeeded
        // As many for clients, for the process' own calls, and for a stand-in that takes them.
        #expect(ProcessFacts.connectionsMax(of: needed + 300) == 100)
        #expect(ProcessFacts.connectionsMax(of: needed) == 4)
        #expect(ProcessFacts.placesKept(of: 4) == 1 && ProcessFacts.placesKept(of: 1_000) == 16)
    }
}
