import Foundation
import FunctionHost
import FunctionKit
import Logging
import ServiceLifecycle
import TestSupport
import Testing

@testable import HostProcess

/// The invoke API of some functions on a port of its own, and AWS's own clients at it.
struct LambdaServer {
    let port: Int
    let drain: DrainSignal
    let invoker: Invoker

    /// What boto3 made of an answer.
    struct Answer: Decodable {
        let status: Int
        // Of an answer.
        let error, version, payload, log, id: String?
        // Of an error.
        let code, message, reason, retry, kind: String?
    }

    /// Serves for as long as a body runs.
    static func run(
        _ functions: [RegisteredFunction], callers: LambdaRoutes.Callers = .developer,
        _ body: (LambdaServer) async throws -> Void
    ) async throws {
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let (ports, feed) = AsyncStream.makeStream(of: Int.self)
        let (drain, invoker) = (DrainSignal(), Invoker())
        let lambda = LambdaRoutes(
            functions: functions, invoker: invoker, drain: drain, callers: callers, logger: logger)
        let server = PipelineServer(
            address: "127.0.0.1", port: 0, routes: { lambda.add(to: $0) }, portOption: "--port",
            onReady: { feed.yield($0) }, logger: logger)
        let group = ServiceGroup(configuration: .init(services: [.init(service: server)], logger: logger))
        async let running: Void = group.run()
        for await port in ports {
            try await body(LambdaServer(port: port, drain: drain, invoker: invoker))
            break
        }
        await group.triggerGracefulShutdown()
        try await running
    }

    /// What boto3 makes of the calls of a script: each `invoke(...)` is one answer.
    func boto(_ script: String) async throws -> [Answer] {
        try await Self.boto(script, at: "http://127.0.0.1:\(port)")
    }

    /// Likewise of another server.
    static func boto(_ script: String, at address: String) async throws -> [Answer] {
        let prelude = """
            import base64, boto3, concurrent.futures, json, sys
            from botocore.config import Config
            client = boto3.client("lambda", region_name="us-east-1", endpoint_url=sys.argv[1], aws_access_key_id="K",
                aws_secret_access_key="S", config=Config(retries={"total_max_attempts": 1}, max_pool_connections=50))
            def invoke(name="shout", **more):
                try:
                    answer = client.invoke(FunctionName=name, **more)
                    line = {"status": answer["StatusCode"], "error": answer.get("FunctionError"),
                        "version": answer.get("ExecutedVersion"), "payload": answer["Payload"].read().decode(),
                        "id": answer["ResponseMetadata"]["RequestId"]}
                    if "LogResult" in answer: line["log"] = base64.b64decode(answer["LogResult"]).decode()
                except client.exceptions.ClientError as error:
                    said = error.response
                    line = {"status": said["ResponseMetadata"]["HTTPStatusCode"], "code": said["Error"]["Code"],
                        "message": said["Error"]["Message"], "reason": said.get("Reason"),
                        "retry": said.get("retryAfterSeconds"), "kind": type(error).__name__}
                return json.dumps(line)

            """
        let output = try await PythonRun.output(
            of: prelude + script, python: try #require(PythonRun.python, "script/test sets it up"), argument: address)
        return try output.split(separator: "\n").map { try JSONDecoder().decode(Answer.self, from: Data($0.utf8)) }
    }

    /// What the server says to some bytes, until it closes the connection.
    func say(_ text: String) async throws -> String { try await RawConnection(to: port, sending: text).rest() }

    /// A request that is a connection's last.
    static func post(_ name: String, _ payload: String, headers: String = "") -> String {
        "POST /2015-03-31/functions/\(name)/invocations HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\(headers)"
            + "Content-Length: \(payload.utf8.count)\r\n\r\n\(payload)"
    }
}

/// Functions that do all that a caller may meet.
enum LambdaFunctions {
    struct Text: Codable, Sendable { var text: String? }

    /// Gives a text in capitals.
    struct Shout: Function {
        func invoke(_ input: Text, context: InvocationContext) async throws -> Text {
            guard input.text != "" else { throw FunctionError.permanent("the text is empty") }
            return Text(text: input.text?.uppercased())
        }
    }

    struct Passages: Codable, Sendable {
        struct Passage: Codable, Sendable { let text: String }
        let passages: [Passage]
    }

    /// Gives what it gets.
    struct Echo: Function {
        func invoke(_ input: Passages, context: InvocationContext) async throws -> Passages { input }
    }

    /// Gives what a closure gives.
    struct Closure: Function {
        let body: @Sendable (Text, InvocationContext) async throws -> Text
        func invoke(_ input: Text, context: InvocationContext) async throws -> Text { try await body(input, context) }
    }

    static func make(
        _ name: String, next: String? = nil, concurrency: Int = 4, timeout: Duration = .seconds(10),
        _ function: some Function
    ) -> RegisteredFunction {
        RegisteredFunction(
            settings: FunctionSettings(name: name, next: next, concurrency: concurrency, timeout: timeout),
            function: AnyFunction(function))
    }

    static func make(
        _ name: String, next: String? = nil, concurrency: Int = 4, timeout: Duration = .seconds(10),
        _ body: @escaping @Sendable (Text, InvocationContext) async throws -> Text
    ) -> RegisteredFunction {
        make(name, next: next, concurrency: concurrency, timeout: timeout, Closure(body: body))
    }
}
