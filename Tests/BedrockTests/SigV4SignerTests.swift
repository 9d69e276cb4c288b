import Foundation
import HTTPTransport
import Hashing
import Testing

@testable import Bedrock

/// The worked examples of AWS's own documentation, and the rules around them.
@Suite
struct SigV4SignerTests {
    private static let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
    private static let emptyDigest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    @Test("IAM's ListUsers example gives the documented signature")
    func listUsers() throws {
        let signature = SigV4Signer(region: "us-east-1", service: "iam").signature(
            of: SigV4Signer.Message(
                method: "GET", path: "/", query: "Action=ListUsers&Version=2010-05-08",
                headers: [
                    ("Host", "iam.amazonaws.com"),
                    ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),
                    ("X-Amz-Date", "20150830T123600Z"),
                ], bodyDigest: Self.emptyDigest),
            with: AWSCredentials(accessKeyID: "AKIDEXAMPLE", secretAccessKey: Self.secret),
            at: try #require(AWSTimestamp("20150830T123600Z")))
        let digest = SHA256.hex(Data(signature.canonicalRequest.utf8))
        #expect(digest == "f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59")
        #expect(signature.signature == "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7")
    }

    @Test("S3's GET Object example is signed with the path as sent")
    func getObject() throws {
        let signature = SigV4Signer(region: "us-east-1", service: "s3", pathRule: .asSent).signature(
            of: SigV4Signer.Message(
                method: "GET", path: "/test.txt", query: "",
                headers: [
                    ("Host", "examplebucket.s3.amazonaws.com"), ("Range", "bytes=0-9"),
                    ("x-amz-content-sha256", Self.emptyDigest), ("x-amz-date", "20130524T000000Z"),
                ], bodyDigest: Self.emptyDigest),
            with: AWSCredentials(
                accessKeyID: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
            at: try #require(AWSTimestamp("20130524T000000Z")))
        #expect(signature.stringToSign.hasSuffix("7344ae5b7ee6c3e7e6b0fe0640412a37625d1fbfff95c48bbb2dc43964946972"))
        #expect(signature.signature == "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")
    }

    @Test(
        "the path enters by its rule",
        arguments: [
            (SigV4Signer.PathRule.escapedAgain, "/model/a%3A0/../b%2Fc//invoke", "/model/b%252Fc/invoke"),
            (.escapedAgainUnresolved, "/a%3A0/../b", "/a%253A0/../b"), (.asSent, "/a%3A0/../b", "/a%3A0/../b"),
            (.escapedAgain, "", "/"), (.escapedAgain, "/a/..", "/"), (.escapedAgain, "/a/", "/a/"),
            (.escapedAgain, "/../..", "/"),
        ])
    func path(rule: SigV4Signer.PathRule, path: String, canonical: String) {
        let request = CanonicalRequest(
            .init(method: "GET", path: path, query: "", headers: [("Host", "h")], bodyDigest: ""), pathRule: rule)
        #expect(request.text.split(separator: "\n", omittingEmptySubsequences: false)[1] == canonical)
    }

    @Test(
        "the query is decoded, encoded and sorted",
        arguments: [
            ("b=2&a=1", "a=1&b=2"), ("a=2&a=1", "a=1&a=2"), ("a", "a="), ("a=b=c", "a=b%3Dc"),
            ("a=%7e&b=+", "a=~&b=%2B"),
            ("A=1&a=1", "A=1&a=1"),
        ])
    func query(query: String, canonical: String) {
        let request = CanonicalRequest(
            .init(method: "GET", path: "/", query: query, headers: [("Host", "h")], bodyDigest: ""),
            pathRule: .escapedAgain)
        #expect(request.text.split(separator: "\n", omittingEmptySubsequences: false)[2] == canonical)
    }

    @Test("a signed request carries date, token and signature, and all its headers are signed")
    func sign() throws {
        let credentials = AWSCredentials(
            accessKeyID: "AKIDEXAMPLE", secretAccessKey: Self.secret, sessionToken: "token")
        let request = HTTPRequest(method: "POST", url: "https://h:443/a?b", headers: [("Accept", "x")])
        let signed = SigV4Signer(region: "r", service: "s")
            .sign(request, with: credentials, at: Date(timeIntervalSince1970: 1_440_938_160.9))
        #expect(signed.headers.map(\.name) == ["Accept", "X-Amz-Date", "X-Amz-Security-Token", "Authorization"])
        #expect(signed.headers[1].value == "20150830T123600Z")
        #expect(signed.headers[3].value.contains("SignedHeaders=accept;host;x-amz-date;x-amz-security-token, "))
    }

    @Test(
        "the Host is what the client sends",
        arguments: [
            ("https://h/", "h"), ("https://h:443/", "h"), ("https://h:80", "h:80"), ("http://h:80?a", "h"),
            ("http://127.0.0.1:4566/x", "127.0.0.1:4566"),
        ])
    func host(url: String, host: String) {
        #expect(URLParts(url).host == host)
    }

    @Test(
        "timestamps are read and written alike",
        arguments: [
            (0, "19700101T000000Z"), (951_827_696, "20000229T123456Z"), (4_107_542_399, "21000228T235959Z"),
            (1_764_028_800, "20251125T000000Z"), (-1, "19691231T235959Z"),
        ])
    func timestamp(seconds: Int, text: String) {
        #expect(AWSTimestamp(Date(timeIntervalSince1970: Double(seconds))).text == text)
        #expect(AWSTimestamp(text)?.seconds == seconds)
    }

    @Test(
        "what is no timestamp is refused",
        arguments: ["", "20250230T000000Z", "20250101T250000Z", "2025-01-01T00:00:00Z"])
    func badTimestamp(text: String) {
        #expect(AWSTimestamp(text) == nil)
    }

    @Test("digest and authentication code are those of FIPS 180-2 and RFC 4231")
    func digests() {
        #expect(SHA256.hex(Data("abc".utf8)) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(SHA256.hex(Data()) == Self.emptyDigest)
        let code = SHA256.authenticationCode(of: "what do ya want for nothing?", key: Array("Jefe".utf8))
        #expect(SHA256.hex(code) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    }
}
