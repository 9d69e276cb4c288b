import NIOCore
import NIOEmbedded
import Testing

@testable import HostProcess

@Suite("What a client sends")
struct ClientBytesTests {
    /// What is passed on of pieces that come one after the other.
    private func passed(_ pieces: [String]) throws -> String {
        let channel = EmbeddedChannel(handler: ClientBytes())
        for piece in pieces { try channel.writeInbound(ByteBuffer(string: piece)) }
        var all = ""
        while let bytes = try channel.readInbound(as: ByteBuffer.self) { all += String(buffer: bytes) }
        return all
    }

    @Test(
        "names its first method as one that the parser knows",
        arguments: [
            (["FOO /healthz HTTP/1.1\r\n"], "PROPFIND /healthz HTTP/1.1\r\n"),
            (["F", "OO", " ", "/a"], "PROPFIND /a"), (["get /a"], "PROPFIND /a"), (["GET /a"], "GET /a"),
            (["G", "ET /a", "b"], "GET /ab"), (["PATCH /a", "FOO /b"], "PATCH /aFOO /b"), (["FOO a"], "FOO a"),
            (["\r\nFOO /a"], "\r\nFOO /a"), (["\u{16}\u{3}\u{1}"], "\u{16}\u{3}\u{1}"),
            ([String(repeating: "F", count: 40)], String(repeating: "F", count: 40)),
        ])
    func methods(pieces: [String], passes: String) throws {
        #expect(try passed(pieces) == passes)
    }
}
