import Foundation
import History
import TestSupport
import Testing

/// What the invoke API is to the program: AWS's own client against a host and an emulator.
@Suite("Lambda's invoke API of a program", .timeLimit(.minutes(2)))
struct LambdaInvokeTests {
    /// Beside the test bundle.
    private static let ownFunctions = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        .appending(path: "OwnFunctions").path
    private static let manifest = """
        pipeline: p
        first: summarise
        functions:
          summarise: {model: {provider: bedrock, region: ap-south-1, id: "meta.llama3-70b-instruct-v1:0"}}

        """

    /// What boto3 prints in a script that has a `client` of the attempts and the patience given.
    private func boto(
        _ script: String, at address: String, attempts: Int = 1, patience: Double = 30
    ) async throws -> [String] {
        let prelude = """
            import boto3, json, sys
            from botocore.config import Config
            client = boto3.client("lambda", region_name="us-east-1", endpoint_url=sys.argv[1], aws_access_key_id="K",
                aws_secret_access_key="S", config=Config(read_timeout=\(patience),
                retries={"total_max_attempts": \(attempts), "mode": "standard"}))
            def invoke(name, payload):
                try:
                    return client.invoke(FunctionName=name, Payload=payload, LogType="Tail")["Payload"].read().decode()
                except client.exceptions.ClientError as error:
                    return error.response["Error"]["Code"] + ": " + error.response["Error"]["Message"]

            """
        return try await PythonRun.output(
            of: prelude + script, python: try #require(PythonRun.python, "script/test sets it up"), argument: address
        ).split(separator: "\n").map(String.init)
    }

    private func emulate(
        _ arguments: [String], in folder: URL, environment: [String: String] = [:]
    ) async throws -> HostRun {
        let process = try SluiceProcess(
            ["emulate", "--port", "0", "--manifest", "m.yaml"] + arguments, in: folder, environment: environment,
            executable: Self.ownFunctions)
        let ready = try #require(await process.line(with: "ready on"), "\(process.errors)")
        let port = try #require(ready.firstMatch(of: /127\.0\.0\.1:(\d+)/)?.1)
        return HostRun(process: process, address: "http://127.0.0.1:\(port)")
    }

    @Test("A host gives its first function to whoever asks, and no other; neither is kept or logged")
    func host() async throws {
        try await HostWorld.run { world in
            let host = try await HostRun.start(in: world.folder, environment: HostRun.unused)
            let lines = try await boto(
                """
                print(invoke("pii-filter", '{"question": "Mail me at a.b@example.com"}'))
                print(invoke("rag-core", '{"question": "Mail me at c.d@example.com"}'))
                print(invoke("pii-filter", '{"answer": "e.f@example.com"}'))
                """, at: host.address)
            #expect(lines.count == 3)
            #expect(lines.first?.contains("Mail me at [") == true, "\(lines)")
            #expect(lines.dropFirst().first?.hasPrefix("AccessDeniedException: `rag-core`") == true, "\(lines)")
            #expect(lines.last?.contains("question: it is missing") == true, "\(lines)")
            #expect(await host.end() == 0)
            let log = try await host.rest().map { "\($0)" }.joined()
            #expect(!log.contains("example.com") && log.contains("undecodable"))
            #expect(try await world.history.counts().values.allSatisfy { $0 == 0 })
        }
    }

    @Test("A client that waits to be asked for its payload is asked at once, or told at once that it is not wanted")
    func asksForPayload() async throws {
        try await HostWorld.run { world in
            let host = try await HostRun.start(in: world.folder, environment: HostRun.unused)
            let lines = try await PythonRun.output(
                of: #"""
                    import socket, sys, urllib.parse
                    url = urllib.parse.urlparse(sys.argv[1])
                    def ask(path, length, payload=b"", version="1.1"):
                        connection = socket.create_connection((url.hostname, url.port), 20)
                        connection.sendall((f"POST {path} HTTP/{version}\r\nHost: a\r\nExpect: 100-continue\r\n"
                            f"Content-Length: {length}\r\n\r\n").encode() + payload)
                        said = connection.recv(65536).decode()
                        print(said.split("\r\n")[0])
                        return connection, said.lower()
                    def refused(path, length):
                        connection, said = ask(path, length)
                        while chunk := connection.recv(65536): said += chunk.decode().lower()
                        print("closed" if "\r\nconnection: close\r\n" in said else said)
                    payload = '{"question": "Is a phone faulty?"}'.ljust(2_000_000).encode()
                    functions = "/2015-03-31/functions/"
                    connection, _ = ask(functions + "pii-filter/invocations", len(payload))
                    connection.sendall(payload)
                    print(connection.recv(65536).decode().split("\r\n")[0])
                    refused(functions + "pii-filter/invocations", 7_000_000)
                    refused(functions + "nobody/invocations", len(payload))
                    refused("/v1/questions", 7_000_000)
                    ask(functions + "pii-filter/invocations", len(payload), payload, "1.0")
                    """#, python: try #require(PythonRun.python, "script/test sets it up"), argument: host.address
            ).split(separator: "\n").map { $0.prefix(12) }
            let expected = [
                "HTTP/1.1 100", "HTTP/1.1 200", "HTTP/1.1 413", "closed", "HTTP/1.1 404", "closed", "HTTP/1.1 413",
                "closed",
                "HTTP/1.1 200",
            ]
            #expect(lines.map(String.init) == expected)
            #expect(await host.end() == 0)
        }
    }

    @Test("A call that its client repeats, because it took too long, is paid once")
    func repeated() async throws {
        try await HostWorld.run(manifest: Self.manifest) { world in
            try await ModelServer.run(latency: .seconds(3)) { model in
                let emulator = try await emulate([], in: world.folder, environment: model.environment)
                let lines = try await boto(
                    #"print(invoke("summarise", '{"text": "A phone that fails is a defect."}'))"#, at: emulator.address,
                    attempts: 20, patience: 1)
                struct Summary: Decodable { let costNanoUSD: Int64 }
                let line = try #require(lines.first)
                let summary = try JSONDecoder().decode(Summary.self, from: Data(line.utf8))
                let money = try await world.money()
                #expect(summary.costNanoUSD > 0 && money.spent == summary.costNanoUSD && money.held == 0)
                #expect(await emulator.end() == 0)
                #expect(try await world.isSound())
            }
        }
    }

    @Test("A call that a budget has no room for is one too many, and nothing is held")
    func refused() async throws {
        try await HostWorld.run(manifest: Self.manifest) { world in
            try world.writeBudgets(limit: "0.0005")
            let emulator = try await emulate(["--budgets", "b"], in: world.folder)
            let lines = try await boto(
                #"print(invoke("summarise", '{"text": "A phone that fails is a defect."}'))"#, at: emulator.address)
            #expect(lines.first?.hasPrefix("TooManyRequestsException: ") == true, "\(lines)")
            #expect(lines.first?.contains("daily") == true, "\(lines)")
            #expect(await emulator.end() == 0)
            #expect(try await world.money().held == 0)
        }
    }
}
