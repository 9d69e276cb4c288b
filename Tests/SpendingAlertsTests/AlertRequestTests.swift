import Foundation
import Hashing
import SpendingAlerts
import Testing

@Suite("What a webhook is sent", .timeLimit(.minutes(1)))
struct AlertRequestTests {
    /// The golden body: what receivers rely on, byte for byte.
    private static let body = """
        {"at":"2026-11-23T06:20:00Z","budget":"daily","event":"threshold_crossed","held_usd":"0.012",\
        "id":"daily/2026-11-22T18:30:00Z/80/0.50","limit_usd":"0.50","percent":80,"period_end":"2026-11-23T18:30:00Z",\
        "period_start":"2026-11-22T18:30:00Z","spent_usd":"0.400000001"}
        """

    private static func sent(path: String = "/hook") async throws -> WebhookReceiver.Request {
        try await WebhookReceiver.running([.status(204)]) { receiver in
            try await Fixture.running { fixture in
                try await fixture.delivery(try Fixture.webhook(receiver.origin + path)).deliver(Fixture.alert())
            }
            return try #require(receiver.requests.first)
        }
    }

    @Test("is a POST of these very bytes")
    func goldenBody() async throws {
        let request = try await Self.sent()
        #expect(request.method == "POST")
        #expect(request.body == Self.body)
        #expect(request.values("Content-Length") == ["\(Self.body.utf8.count)"])
    }

    @Test("goes to path and query as they were written")
    func target() async throws {
        #expect(try await Self.sent(path: "/a//b/%2e%2E/c?key=1&x=%20").target == "/a//b/%2e%2E/c?key=1&x=%20")
    }

    @Test("has these headers, once each")
    func headers() async throws {
        let request = try await Self.sent()
        #expect(request.values("Content-Type") == ["application/json"])
        #expect(request.values("User-Agent") == ["sluice/0.1.0"])
        #expect(request.values("Sluice-Alert-Id") == ["daily/2026-11-22T18:30:00Z/80/0.50"])
        #expect(
            Set(request.headers.map { $0.name.lowercased() }) == [
                "host", "content-type", "content-length", "user-agent", "sluice-alert-id", "sluice-signature",
            ])
    }

    // printf '%s.%s' 1795417200 "$body" | openssl dgst -sha256 -hmac 'whsec-a-test-secret-of-32-bytes!'
    @Test("is signed as openssl signs it")
    func knownSignature() async throws {
        #expect(
            try await Self.sent().values("Sluice-Signature") == [
                "t=1795417200,v1=d1e9a468997a0dfc617c9322ef33971e9cc4197b4b56b7e630862364176d9b99"
            ])
    }

    @Test("is the same body in each attempt, signed for the time of that attempt")
    func signedAnew() async throws {
        try await WebhookReceiver.running([.status(503), .hangUp, .status(500), .status(200)]) { receiver in
            try await Fixture.running { fixture in
                try await fixture.delivery(try Fixture.webhook(receiver.origin)).deliver(Fixture.alert())
            }
            #expect(receiver.requests.map(\.body) == Array(repeating: Self.body, count: 4))
            let seconds = [0, 1, 3, 7].map { 1_795_417_200 + $0 }
            #expect(
                receiver.requests.map { $0.values("Sluice-Signature") }
                    == seconds.map { ["t=\($0),v1=\(Self.hmac("\($0).\(Self.body)", key: Fixture.secret))"] })
        }
    }

    /// RFC 2104 written out, for keys of up to a block.
    private static func hmac(_ text: String, key: String) -> String {
        let block = Array(key.utf8) + Array(repeating: 0, count: 64 - key.utf8.count)
        let inner = SHA256.digest(Data(block.map { $0 ^ 0x36 }) + Data(text.utf8))
        return SHA256.hex(Data(block.map { $0 ^ 0x5c }) + Data(inner))
    }
}
