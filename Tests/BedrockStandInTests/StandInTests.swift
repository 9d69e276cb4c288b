import Bedrock
import Foundation
import HTTPTransport
import Hashing
import Logging
import ServiceLifecycle
import TestSupport
import Testing

@testable import BedrockStandIn

@Suite(.timeLimit(.minutes(1)))
struct StandInTests {
    private static let keys = AWSCredentials(accessKeyID: "AKIDEXAMPLE", secretAccessKey: "secret")
    private static let model = "meta.llama3-70b-instruct-v1:0"
    private static let path = "/model/meta.llama3-70b-instruct-v1%3A0/invoke"
    private static let now = Date(timeIntervalSince1970: 1_764_000_000)
    private static let body = #"{"prompt":"Question: Is this a test?"}"#

    private struct Server: Sendable {
        let standIn: StandIn
        let http: HTTPClient
        let group: ServiceGroup
        let url: String

        func post(
            _ path: String = StandInTests.path, _ body: String = StandInTests.body,
            keys: AWSCredentials = StandInTests.keys,
            region: String = "ap-south-1", service: String = "bedrock", at date: Date = StandInTests.now,
            method: String = "POST", changing change: (inout HTTPRequest) -> Void = { _ in }
        ) async throws -> HTTPResponse {
            var request = SigV4Signer(region: region, service: service).sign(
                HTTPRequest(method: method, url: url + path, body: Data(body.utf8)), with: keys, at: date)
            change(&request)
            return try await http.send(request)
        }
    }

    private func withServer(
        keys: AWSCredentials = keys, recordsRequests: Bool = false,
        onRequest: (@Sendable (ReceivedRequest) -> Void)? = nil, _ body: (Server) async throws -> Void
    ) async throws {
        let standIn = StandIn(
            credentials: keys, region: "ap-south-1", models: [Self.model], recordsRequests: recordsRequests,
            now: { Self.now }, onRequest: onRequest)
        let group = ServiceGroup(
            configuration: .init(services: [.init(service: standIn)], logger: Logger(label: "test")))
        let http = try HTTPClient()
        async let running: Void = group.run()
        let result: Result<Void, any Error>
        do {
            let url = "http://127.0.0.1:\(try await standIn.boundPort)"
            result = .success(try await body(Server(standIn: standIn, http: http, group: group, url: url)))
        } catch {
            result = .failure(error)
        }
        await http.shutdown()
        await group.triggerGracefulShutdown()
        try await running
        try result.get()
    }

    private func message(_ response: HTTPResponse) throws -> String? {
        try JSONDecoder().decode([String: String].self, from: response.body)["message"]
    }

    @Test("an answer has Llama's body and Bedrock's headers")
    func success() async throws {
        try await withServer { server in
            let response = try await server.post()
            #expect(response.status == 200)
            #expect(response.headers["content-type"] == "application/json")
            let counts = ["input", "output"].map {
                response.headers["x-amzn-bedrock-\($0)-token-count"].flatMap { Int($0) }
            }
            let answer = try #require(LlamaResponse(response.body))
            #expect(counts == [answer.inputTokens, answer.outputTokens])
            #expect(response.headers["x-amzn-bedrock-invocation-latency"].flatMap { Int($0) } != nil)
            #expect(response.headers["x-amzn-requestid"]?.count == 36)
        }
    }

    @Test("a request without a signature is refused")
    func unsigned() async throws {
        try await withServer { server in
            let response = try await server.post { $0.headers.removeLast() }
            #expect(response.status == 403)
            #expect(response.headers["x-amzn-errortype"] == "MissingAuthenticationTokenException")
        }
    }

    @Test(
        "an unknown key or token is refused",
        arguments: [
            AWSCredentials(accessKeyID: "OTHER", secretAccessKey: "secret"),
            AWSCredentials(accessKeyID: "AKIDEXAMPLE", secretAccessKey: "secret", sessionToken: "unexpected"),
        ])
    func unknownKey(keys: AWSCredentials) async throws {
        try await withServer { server in
            let response = try await server.post(keys: keys)
            #expect(response.status == 403)
            #expect(response.headers["x-amzn-errortype"] == "UnrecognizedClientException")
        }
    }

    @Test("a signature that does not fit the request is refused")
    func badSignatures() async throws {
        try await withServer { server in
            let other = AWSCredentials(accessKeyID: "AKIDEXAMPLE", secretAccessKey: "other")
            let responses = [
                try await server.post(keys: other),
                try await server.post { $0.body = Data(#"{"prompt":"other"}"#.utf8) },
                try await server.post { $0.url += "?a=b" },
                try await server.post(region: "us-east-1"),
                try await server.post(service: "bedrock-runtime"),
                try await server.post { $0.headers[$0.headers.count - 1].value = "AWS4-HMAC-SHA256 nonsense" },
            ]
            for response in responses {
                #expect(response.status == 403)
                #expect(response.headers["x-amzn-errortype"] == "InvalidSignatureException")
                #expect(try message(response)?.isEmpty == false)
            }
            #expect(try message(responses[0])?.hasPrefix("The request signature we calculated does not match") == true)
        }
    }

    @Test(
        "the clock may be five minutes off and no more", arguments: [(-300, 200), (300, 200), (-301, 403), (301, 403)])
    func skew(seconds: Int, status: Int) async throws {
        try await withServer { server in
            let response = try await server.post(at: Self.now.addingTimeInterval(Double(seconds)))
            #expect(response.status == status)
        }
    }

    @Test(
        "an unknown model, ARN, path or method is refused as AWS does",
        arguments: [
            ("POST", "/model/other/invoke", 400, "ValidationException"),
            (
                "POST", "/model/arn%3Aaws%3Abedrock%3Aap-south-1%3A%3Afoundation-model%2Fother/invoke", 404,
                "ResourceNotFoundException"
            ),
            ("POST", "/model/other/converse", 404, "UnknownOperationException"),
            ("GET", "/model/other/invoke", 404, "UnknownOperationException"),
        ])
    func unknown(method: String, path: String, status: Int, code: String) async throws {
        try await withServer { server in
            let response = try await server.post(path, method: method)
            #expect(response.status == status)
            #expect(response.headers["x-amzn-errortype"] == code)
        }
    }

    @Test(
        "a body that Bedrock would not take is refused with the place of its fault",
        arguments: [
            ("", "#: expected type: JSONObject"), ("[]", "#: expected type: JSONObject"),
            ("{}", "#: required key [prompt] not found"), (#"{"prompt":1}"#, "#/prompt: expected type: String"),
            (#"{"prompt":""}"#, "#/prompt: expected minLength: 1"),
            (#"{"prompt":"a","max_gen_len":0}"#, "#/max_gen_len: "),
            (#"{"prompt":"a","max_gen_len":2049}"#, "#/max_gen_len: "),
            (#"{"prompt":"a","max_gen_len":1.5}"#, "#/max_gen_len: expected type: Integer"),
            (#"{"prompt":"a","temperature":1.1}"#, "#/temperature: "), (#"{"prompt":"a","top_p":-1}"#, "#/top_p: "),
            (#"{"prompt":"a","messages":[]}"#, "#: extraneous key [messages] is not permitted"),
        ])
    func badBody(body: String, fault: String) async throws {
        try await withServer { server in
            let response = try await server.post(Self.path, body)
            #expect(response.status == 400)
            #expect(response.headers["x-amzn-errortype"] == "ValidationException")
            #expect(try message(response)?.hasPrefix("Malformed input request: " + fault) == true)
        }
    }

    @Test("a prompt that leaves no room for the answer is refused")
    func tooLong() async throws {
        try await withServer { server in
            let prompt = String(repeating: "a ", count: 8000)
            let response = try await server.post(Self.path, #"{"prompt":"\#(prompt)"}"#)
            #expect(response.status == 400)
        }
    }

    @Test("faults befall the next calls in order, and then all is well")
    func faults() async throws {
        try await withServer { server in
            server.standIn.behaviour = StandInBehaviour(faults: [.throttle, .throttle, .fail, .unavailable])
            var statuses: [Int] = []
            for _ in 0..<5 { statuses.append(try await server.post().status) }
            #expect(statuses == [429, 429, 500, 503, 200])
        }
    }

    @Test("a hang-up gives no byte")
    func hangUp() async throws {
        try await withServer { server in
            server.standIn.behaviour = .next(1, .hangUp)
            do throws(HTTPError) {
                _ = try await server.http.send(
                    SigV4Signer(region: "ap-south-1", service: "bedrock").sign(
                        HTTPRequest(method: "POST", url: server.url + Self.path, body: Data(Self.body.utf8)),
                        with: Self.keys, at: Self.now))
                Issue.record("an answer came")
            } catch {
                #expect(error.wasSent)
            }
        }
    }

    @Test("requests are recorded only where that is asked for", arguments: [true, false])
    func recording(isOn: Bool) async throws {
        try await withServer(recordsRequests: isOn) { server in
            _ = try await server.post()
            let expected = [ReceivedRequest(modelID: Self.model, body: Data(Self.body.utf8))]
            #expect(server.standIn.received == (isOn ? expected : []))
        }
    }

    @Test("a graceful shutdown ends a stalled call instead of waiting for it")
    func shutdownWhileStalled() async throws {
        let (requests, continuation) = AsyncStream.makeStream(of: ReceivedRequest.self)
        try await withServer(onRequest: { continuation.yield($0) }) { server in
            server.standIn.behaviour = .next(1, .stall)
            await withTaskGroup(of: Bool.self) { group in
                group.addTask { (try? await server.post()) == nil }
                for await _ in requests { break }
                await server.group.triggerGracefulShutdown()
                #expect(await group.next() == true)
            }
        }
    }

    @Test("an answer under way goes out before a graceful shutdown ends")
    func shutdownWhileAnswering() async throws {
        let (requests, continuation) = AsyncStream.makeStream(of: ReceivedRequest.self)
        try await withServer(onRequest: { continuation.yield($0) }) { server in
            server.standIn.behaviour = StandInBehaviour(latency: .milliseconds(200))
            try await withThrowingTaskGroup(of: Int.self) { group in
                group.addTask { try await server.post().status }
                for await _ in requests { break }
                await server.group.triggerGracefulShutdown()
                let status = try await group.next()
                #expect(status == 200)
            }
        }
    }

    @Test("a port that is taken fails the run, and who waits for the port is told")
    func portTaken() async throws {
        try await withServer { server in
            let port = try await server.standIn.boundPort
            let second = StandIn(
                credentials: Self.keys, region: "ap-south-1", models: [], port: port)
            async let bound = second.boundPort
            await #expect(throws: (any Error).self) { try await second.run() }
            do {
                _ = try await bound
                Issue.record("the port was bound twice")
            } catch {}
        }
    }

    @Test("boto3 finds a Bedrock in it", .enabled(if: PythonRun.python != nil))
    func boto3() async throws {
        let standIn = StandIn(
            credentials: AWSCredentials(accessKeyID: "AKIDEXAMPLE", secretAccessKey: "secret", sessionToken: "a/b+c="),
            region: "ap-south-1", models: [Self.model])
        let group = ServiceGroup(
            configuration: .init(services: [.init(service: standIn)], logger: Logger(label: "test")))
        async let running: Void = group.run()
        let script = """
            import boto3, json, sys
            client = boto3.client("bedrock-runtime", region_name="ap-south-1", endpoint_url=sys.argv[1],
                aws_access_key_id="AKIDEXAMPLE", aws_secret_access_key="secret", aws_session_token="a/b+c=")
            prompt = "Passages:\\n\\n[a] Refunds\\nA refund takes thirty days.\\n\\nQuestion: How long takes a refund?"
            answer = client.invoke_model(modelId="\(Self.model)", body=json.dumps({"prompt": prompt}))
            print(json.loads(answer["body"].read())["generation"])
            try:
                client.invoke_model(modelId="other", body="{}")
            except client.exceptions.ValidationException as error:
                print(error.response["Error"]["Message"])
            """
        let url = "http://127.0.0.1:\(try await standIn.boundPort)"
        let output = try await PythonRun.output(of: script, python: try #require(PythonRun.python), argument: url)
        #expect(output == "A refund takes thirty days. [a]\nThe provided model identifier is invalid.\n")
        await group.triggerGracefulShutdown()
        try await running
    }
}
