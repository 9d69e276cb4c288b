import Bedrock
import Foundation
import HTTPTransport
import Hashing
import SharedData
import Testing

/// AWS's own signing vectors, requests as botocore signs them, and error answers as botocore reads them.
@Suite(.enabled(if: SharedData.isPresent))
struct SigV4SharedDataTests {
    private static let keys = AWSCredentials(
        accessKeyID: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")

    private struct SuiteCase: Decodable {
        struct Context: Decodable {
            struct Credentials: Decodable {
                let access_key_id: String
                let secret_access_key: String
                let token: String?
            }
            let credentials: Credentials
            let normalize: Bool
            let region: String
            let service: String
            let sign_body: Bool
            let timestamp: String
        }
        struct Header: Decodable {
            let canonical_request: String
            let string_to_sign: String
            let signature: String
        }
        let id: String
        let context: Context
        let request: String
        let header: Header
    }

    @Test("AWS's signing suite")
    func suite() throws {
        let cases = try SharedData.records("aws/sigv4-suite-dev.jsonl", as: SuiteCase.self)
        #expect(cases.count == 19)
        for test in cases {
            let context = test.context
            let timestamp = try #require(
                AWSTimestamp(context.timestamp.filter { $0 != "-" && $0 != ":" }), "\(test.id)")
            var message = RawRequest(test.request).message
            message.headers.append(("X-Amz-Date", timestamp.text))
            if let token = context.credentials.token { message.headers.append(("X-Amz-Security-Token", token)) }
            if context.sign_body { message.headers.append(("x-amz-content-sha256", message.bodyDigest)) }
            let signature = SigV4Signer(
                region: context.region, service: context.service,
                pathRule: context.normalize ? .escapedAgain : .escapedAgainUnresolved
            ).signature(
                of: message,
                with: AWSCredentials(
                    accessKeyID: context.credentials.access_key_id,
                    secretAccessKey: context.credentials.secret_access_key), at: timestamp)
            #expect(signature.canonicalRequest == test.header.canonical_request, "\(test.id)")
            #expect(signature.stringToSign == test.header.string_to_sign, "\(test.id)")
            #expect(signature.signature == test.header.signature, "\(test.id)")
        }
    }

    private struct OlderCase: Decodable {
        let id: String
        let request: String
        let canonical_request: String
        let authorization: String
        let signed_request: String
    }

    @Test("the older public suite")
    func olderSuite() throws {
        let cases = try SharedData.records("aws/sigv4-suite-botocore-dev.jsonl", as: OlderCase.self)
        #expect(cases.count == 17)
        for test in cases {
            var message = RawRequest(test.request).message
            // The token comes from the credentials, and so stands in the signed request alone.
            let tokens = RawRequest(test.signed_request).message.headers
                .filter { $0.name.lowercased() == "x-amz-security-token" }
            message.headers += tokens
            let date = try #require(message.headers.first { $0.name.lowercased() == "x-amz-date" }, "\(test.id)")
            let signature = SigV4Signer(region: "us-east-1", service: "service").signature(
                of: message, with: Self.keys, at: try #require(AWSTimestamp(date.value), "\(test.id)"))
            #expect(signature.canonicalRequest == test.canonical_request, "\(test.id)")
            #expect(signature.authorization == test.authorization, "\(test.id)")
        }
    }

    private struct SignedRequest: Decodable {
        let id: String
        let service: String
        let region: String
        let timestamp: String
        let session_token: String?
        let method: String
        let url: String
        let signed_headers: [String: String]
        let body: String?
        let canonical_request: String
        let authorization: String
    }

    @Test("requests are signed as botocore signs them")
    func bedrockRequests() throws {
        let cases = try SharedData.records("aws/bedrock-signed-requests-dev.jsonl", as: SignedRequest.self)
        #expect(cases.count == 14)
        for test in cases {
            let timestamp = try #require(AWSTimestamp(test.timestamp), "\(test.id)")
            let added: Set = ["host", "x-amz-date", "x-amz-security-token"]
            let headers = test.signed_headers.filter { !added.contains($0.key) }.map { (name: $0.key, value: $0.value) }
            let signed = SigV4Signer(region: test.region, service: test.service).sign(
                HTTPRequest(method: test.method, url: test.url, headers: headers, body: Data((test.body ?? "").utf8)),
                with: AWSCredentials(
                    accessKeyID: Self.keys.accessKeyID, secretAccessKey: Self.keys.secretAccessKey,
                    sessionToken: test.session_token),
                at: Date(timeIntervalSince1970: Double(timestamp.seconds)))
            #expect(signed.headers.last?.value == test.authorization, "\(test.id)")
        }
    }

    private struct ErrorResponse: Decodable {
        let id: String
        let status: Int
        let headers: [String: String]
        let body: String
        let error_code: String
        let error_message: String
    }

    @Test("error answers are read as botocore reads them")
    func errorResponses() throws {
        let cases = try SharedData.records("aws/bedrock-error-responses-dev.jsonl", as: ErrorResponse.self)
        #expect(cases.count == 10)
        for test in cases {
            let (refusal, message) = ServiceRefusal.read(
                status: test.status, headers: test.headers, body: Data(test.body.utf8))
            #expect(refusal.code == test.error_code, "\(test.id)")
            // Where the body is no JSON, botocore takes the status line's words, which say no more than the status.
            #expect(message == (test.body.hasPrefix("{") ? test.error_message : ""), "\(test.id)")
        }
    }
}

/// A request as the vectors write it: a request line, headers, of which one may go on in the next line, and a body.
private struct RawRequest {
    let message: SigV4Signer.Message

    init(_ text: String) {
        let parts = text.split(separator: "\n\n", maxSplits: 1, omittingEmptySubsequences: false)
        let lines = parts[0].split(separator: "\n")
        let line = lines[0]
        let method = line.prefix { $0 != " " }
        let target = line.dropFirst(method.count + 1).replacing(" HTTP/1.1", with: "")
        let path = target.prefix { $0 != "?" }
        var headers: [(name: String, value: String)] = []
        for line in lines.dropFirst() {
            if line.first == " ", let last = headers.popLast() {
                headers.append((last.name, last.value + "\n" + line))
            } else {
                let name = line.prefix { $0 != ":" }
                headers.append((String(name), String(line.dropFirst(name.count + 1))))
            }
        }
        message = SigV4Signer.Message(
            method: String(method), path: String(path), query: String(target.dropFirst(path.count + 1)),
            headers: headers, bodyDigest: SHA256.hex(Data((parts.count > 1 ? String(parts[1]) : "").utf8)))
    }
}
