import Foundation
import FunctionHost
import FunctionKit
import Hummingbird
import Logging
import TestSupport
import Testing

@testable import HostProcess

/// The invoke API as AWS's own clients meet it.
@Suite("Lambda's invoke API", .timeLimit(.minutes(2)), .enabled(if: PythonRun.python != nil))
struct LambdaTests {
    private typealias Functions = LambdaFunctions

    @Test("gives what a function gives, by each form of its name")
    func succeeds() async throws {
        try await LambdaServer.run([Functions.make("shout", Functions.Shout())]) { server in
            let answers = try await server.boto(
                """
                for name in ["shout", "shout:$LATEST", "function:shout", "123456789012:shout",
                    "123456789012:function:shout:$LATEST", "arn:aws:lambda:eu-west-1:123456789012:function:shout",
                    "arn:aws-cn:lambda:cn-north-1:123456789012:function:shout:$LATEST"]:
                    print(invoke(name, Payload='{"text": "a"}'))
                print(invoke(Qualifier="$LATEST", Payload=b'{"text": "a"}', InvocationType="RequestResponse"))
                """)
            #expect(answers.count == 8)
            for answer in answers {
                #expect(answer.status == 200 && answer.payload == #"{"text":"A"}"#, "\(answer)")
                #expect(answer.version == "$LATEST" && answer.error == nil && answer.log == nil)
                #expect(UUID(uuidString: answer.id ?? "") != nil)
            }
            let others = try await server.boto(
                """
                print(invoke())
                print(invoke(Payload="{}", ClientContext=base64.b64encode(b'{"custom": {"a": 1}}').decode()))
                print(invoke(InvocationType="DryRun"))
                """)
            // No payload is an empty object.
            #expect(others.map(\.status) == [200, 200, 204])
            #expect(others.map(\.payload) == ["{}", "{}", ""])
        }
    }

    @Test("tells how a function failed, with status 200")
    func fails() async throws {
        struct Secret: Error { let of = "payload 42" }
        let functions = [
            Functions.make("shout", Functions.Shout()), Functions.make("echo", Functions.Echo()),
            Functions.make("foreign") { _, _ in throw Secret() },
            Functions.make("late", timeout: .milliseconds(250)) { input, _ in
                try await Task.sleep(for: .seconds(60))
                return input
            },
            Functions.make("large") { _, _ in Functions.Text(text: String(repeating: "x", count: 6 << 20)) },
        ]
        let script = """
            print(invoke(Payload='{"text": ""}'))
            print(invoke("echo", Payload='{"passages": [{}]}'))
            print(invoke("foreign"))
            print(invoke("late"))
            print(invoke("large"))
            """
        for callers in [LambdaRoutes.Callers.developer, .anybody] {
            try await LambdaServer.run(functions, callers: callers) { server in
                let answers = try await server.boto(script)
                #expect(answers.map(\.status) == Array(repeating: 200, count: 5))
                #expect(answers.allSatisfy { $0.error == "Unhandled" && $0.version == "$LATEST" })
                struct Body: Decodable, Equatable {
                    let errorType, errorMessage: String
                    var stackTrace: [String] = []
                }
                let bodies = try answers.map {
                    try JSONDecoder().decode(Body.self, from: Data(($0.payload ?? "").utf8))
                }
                let late = "RequestId: \(answers[3].id ?? "") Error: Task timed out after 0.25 seconds"
                #expect(
                    bodies == [
                        Body(errorType: "FunctionError", errorMessage: "the text is empty"),
                        Body(
                            errorType: "FunctionError",
                            errorMessage: "the payload is not this function's input: passages[0].text: it is missing"),
                        Body(
                            errorType: "Secret",
                            errorMessage: callers == .developer ? #"Secret(of: "payload 42")"# : "Secret"),
                        Body(errorType: "Sandbox.Timedout", errorMessage: late),
                        Body(
                            errorType: "Function.ResponseSizeTooLarge",
                            errorMessage: "Response payload size exceeded maximum allowed payload size (6291456 bytes)."
                        ),
                    ])
            }
        }
    }

    @Test("refuses as Lambda does")
    func refuses() async throws {
        try await LambdaServer.run([Functions.make("shout", Functions.Shout())]) { server in
            let answers = try await server.boto(
                """
                print(invoke("shoot", Payload="{}"))
                print(invoke("nope", Qualifier="prod", Payload="{}"))
                print(invoke("shout:prod", Payload="{}"))
                print(invoke("shout:$LATEST", Qualifier="7", Payload="{}"))
                print(invoke(Payload="{text: 1}"))
                print(invoke(Payload=b"\\xff\\xfe{\\x00}\\x00"))
                print(invoke(Payload="[" * 100000))
                print(invoke(Payload='{"text": "' + "x" * (6 * 1024 * 1024) + '"}'))
                print(invoke(InvocationType="Event", Payload="{}"))
                print(invoke(Payload="{}", DurableExecutionName="a"))
                print(invoke("shout", Payload='{"text": "' + "x" * (6 * 1024 * 1024 - 12) + '"}')[:14] + "}")
                """)
            let codes = answers.map { "\($0.status) \($0.code ?? "")" }
            #expect(
                codes == [
                    "404 ResourceNotFoundException", "404 ResourceNotFoundException", "404 ResourceNotFoundException",
                    "400 InvalidParameterValueException", "400 InvalidRequestContentException",
                    "400 InvalidRequestContentException", "400 InvalidRequestContentException",
                    "413 RequestTooLargeException", "400 InvalidParameterValueException",
                    "400 InvalidParameterValueException", "200 ",
                ])
            for answer in answers.dropLast() {
                // AWS's clients have a class for each, and find its sentence.
                #expect(answer.kind == answer.code && answer.message?.isEmpty == false, "\(answer)")
            }
            #expect(answers[0].message == "Function not found: shoot; did you mean `shout`?")
            // As other emulators' users send it, and as no client does.
            for (name, headers, status) in [
                ("shout", "Content-Type: application/octet-stream\r\n", "200"),
                ("shout", "Content-Type: application/x-www-form-urlencoded\r\n", "200"),
                ("shout%3A%24LATEST", "", "200"), ("a%2Fb", "", "400"), ("%FF", "", "400"),
                ("shout", "X-Amz-Invocation-Type: Sometimes\r\n", "400"), ("shout", "X-Amz-Log-Type: Head\r\n", "400"),
                (String(repeating: "x", count: 300), "", "400"),
            ] {
                let answer = try await server.say(LambdaServer.post(name, "{}", headers: headers))
                #expect(answer.hasPrefix("HTTP/1.1 \(status)"), "\(name) \(headers): \(answer)")
            }
            // Without a length.
            let chunked = try RawConnection(
                to: server.port,
                sending: "POST /2015-03-31/functions/shout/invocations HTTP/1.1\r\nHost: a\r\n"
                    + "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{}   \r\n0\r\n\r\n")
            #expect(try await chunked.rest().hasPrefix("HTTP/1.1 200"))
        }
    }

    @Test("gives the end of the log to who asks for it")
    func tail() async throws {
        let function = Functions.make("talk") { input, context in
            for number in 1...200 { context.logger.info("line", metadata: ["number": "\(number)"]) }
            context.logger.debug("nobody asked for this")
            context.charge(nanoUSD: 5_770_000)
            guard input.text == nil else { throw FunctionError.permanent("no text please") }
            return input
        }
        try await LambdaServer.run([function]) { server in
            let answers = try await server.boto(
                """
                print(invoke("talk", LogType="Tail"))
                print(invoke("talk", LogType="Tail", Payload='{"text": "a"}'))
                print(invoke("talk", LogType="None"))
                """)
            let log = try #require(answers[0].log)
            #expect(log.utf8.count <= 4096)
            #expect(log.contains("INFO line number=200\n") && !log.contains("number=1\n") && !log.contains("nobody"))
            #expect(log.contains("END RequestId: \(answers[0].id ?? "-")\n"))
            #expect(
                log.contains(
                    /REPORT RequestId: .*\tDuration: [0-9.]+ ms\tBilled Duration: [0-9]+ ms\tCost: 0.00577 USD\n/))
            #expect(answers[1].log?.contains("ERROR FunctionError: no text please\n") == true)
            #expect(answers[2].log == nil)
        }
    }

    @Test("says when to come back where a budget has no room, and that the host is in trouble where it is")
    func notNow() async throws {
        let opens = Date.now.addingTimeInterval(3600)
        func refusal(_ cause: BudgetRefusal.Cause) -> BudgetRefusal {
            BudgetRefusal(budget: "daily", cause: cause, policy: .reject, opensAt: opens, explanation: "no room today")
        }
        func thrower(_ name: String, _ error: LanguageModelError) -> RegisteredFunction {
            Functions.make(name) { _, _ in throw error }
        }
        let functions = [
            thrower("spent", .budgetExhausted(refusal(.spent))), thrower("held", .budgetExhausted(refusal(.held))),
            thrower("breached", .budgetExhausted(refusal(.breached))), thrower("flight", .inFlight),
            thrower("trouble", .hostTrouble(HostTrouble(.access, code: "model-rejected", serviceCode: "AccessDenied"))),
        ]
        try await LambdaServer.run(functions, callers: .anybody) { server in
            let answers = try await server.boto(
                """
                for name in ["spent", "held", "breached", "flight", "trouble"]: print(invoke(name))
                """)
            #expect(answers.map(\.status) == [429, 429, 500, 429, 500])
            #expect(
                answers.map(\.kind)
                    == answers.map { $0.status == 429 ? "TooManyRequestsException" : "ServiceException" })
            #expect(answers[0].message == "no room today" && answers[0].reason == "FunctionInvocationRateLimitExceeded")
            let wait = try #require(Int(answers[0].retry ?? ""))
            #expect((3500...3600).contains(wait))
            #expect(answers[1].retry == "1")
            #expect(answers[4].message?.contains("model-rejected (AccessDenied)") == true)
        }
    }

    @Test("runs as many at a time as the manifest allows, and refuses the next")
    func concurrency() async throws {
        let latch = Latch()
        let (began, begins) = AsyncStream.makeStream(of: Void.self)
        let held = Functions.make("held", concurrency: 3) { input, _ in
            begins.yield()
            await latch.wait()
            return input
        }
        try await LambdaServer.run([held, Functions.make("shout", concurrency: 100, Functions.Shout())]) { server in
            async let first = server.boto(
                """
                with concurrent.futures.ThreadPoolExecutor(3) as pool:
                    for line in pool.map(lambda _: invoke("held"), range(3)): print(line)
                """)
            var count = 0
            for await _ in began {
                count += 1
                if count == 3 { break }
            }
            // One that takes long holds up nobody else's.
            let others = try await server.boto(
                """
                print(invoke("held"))
                with concurrent.futures.ThreadPoolExecutor(40) as pool:
                    for line in pool.map(lambda _: invoke(Payload='{"text": "a"}'), range(200)): print(line)
                """)
            #expect(others[0].kind == "TooManyRequestsException")
            #expect(others[0].reason == "ReservedFunctionConcurrentInvocationLimitExceeded")
            #expect(others.count == 201 && others.dropFirst().allSatisfy { $0.payload == #"{"text":"A"}"# })
            latch.open()
            #expect(try await first.map(\.status) == [200, 200, 200])
            #expect(try await server.boto("print(invoke('held'))").map(\.status) == [200])
        }
    }

    @Test("ends what a caller began who has gone, and has room again")
    func callerGone() async throws {
        let latch = Latch()
        let (events, feed) = AsyncStream.makeStream(of: String.self)
        let function = Functions.make("held", concurrency: 1) { input, _ in
            feed.yield("began")
            await latch.wait()
            feed.yield("ended")
            return input
        }
        try await LambdaServer.run([function]) { server in
            var heard = events.makeAsyncIterator()
            do {
                let caller = try RawConnection(to: server.port, sending: LambdaServer.post("held", "{}"))
                #expect(await heard.next() == "began")
                caller.endSending()
            }
            latch.open()
            #expect(await heard.next() == "ended")
            // The room is free a moment after the function's end.
            var status: Int?
            repeat { status = try await server.boto("print(invoke('held'))").first?.status } while status == 429
            #expect(status == 200)
        }
    }

    @Test("takes nothing new while the host drains, and answers what is under way")
    func drains() async throws {
        let (latch, stuck) = (Latch(), Latch())
        let (began, begins) = AsyncStream.makeStream(of: Void.self)
        let functions = [
            Functions.make("held") { input, _ in
                begins.yield()
                await latch.wait()
                return input
            },
            Functions.make("stuck") { input, _ in
                begins.yield()
                await stuck.wait()
                return input
            },
        ]
        try await LambdaServer.run(functions, callers: .anybody) { server in
            var beginning = began.makeAsyncIterator()
            async let first = server.boto("print(invoke('held'))")
            await beginning.next()
            async let second = server.boto("print(invoke('stuck'))")
            await beginning.next()
            server.drain.begin(until: .now + .seconds(60))
            let refused = try await server.boto("print(invoke('held'))")
            #expect(refused.map(\.kind) == ["ServiceException"])
            latch.open()
            #expect(try await first.map(\.status) == [200])
            server.invoker.cutShort()
            #expect(try await second.map(\.kind) == ["ServiceException"])
            stuck.open()
        }
    }

    @Test("lets outsiders invoke the first function of a pipeline alone, under no name but their own")
    func outsiders() async throws {
        let functions = [
            Functions.make("first", next: "second") { input, context in
                #expect(context.tenant == nil)
                return input
            },
            Functions.make("second", Functions.Shout()), Functions.make("other", Functions.Shout()),
        ]
        let script = """
            for name in ["first", "other", "second", "third"]: print(invoke(name))
            print(invoke("first", TenantId="a"))
            """
        try await LambdaServer.run(functions, callers: .anybody) { server in
            let answers = try await server.boto(script)
            #expect(answers.map(\.status) == [200, 200, 403, 404, 400])
            #expect(answers[2].code == "AccessDeniedException")
            #expect(answers[3].message?.contains("second") == false, "what is not offered is not told of")
        }
        try await LambdaServer.run([Functions.make("second") { _, context in Functions.Text(text: context.tenant) }]) {
            let answers = try await $0.boto(#"print(invoke("second", TenantId="a b"))"#)
            #expect(answers.map(\.payload) == [#"{"text":"a b"}"#])
        }
    }

    @Test("takes a call's id and its place in a trace from AWS's clients")
    func ids() async throws {
        let function = Functions.make("tell") { _, context in
            Functions.Text(text: "\(context.runID) \(context.trace.traceparent)")
        }
        try await LambdaServer.run([function]) { server in
            let id = "0F8FAD5B-D9CB-469F-A165-70867728950E"
            let trace =
                "X-Amzn-Trace-Id: Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1\r\n"
            let answer = try await server.say(
                LambdaServer.post("tell", "{}", headers: "amz-sdk-invocation-id: \(id)\r\n\(trace)"))
            #expect(
                answer.contains(
                    "\(id.lowercased()) 00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01"), "\(answer)")
            for bad in ["nobody", "", "0/../1"] {
                let answer = try await server.say(
                    LambdaServer.post(
                        "tell", "{}", headers: "amz-sdk-invocation-id: \(bad)\r\nX-Amzn-Trace-Id: =;=\r\n"))
                #expect(answer.contains("HTTP/1.1 200"), "\(answer)")
            }
        }
    }

    @Test("serves `aws lambda invoke`")
    func commandLine() async throws {
        let folder = try TemporaryFolder()
        try await LambdaServer.run([Functions.make("shout", Functions.Shout())]) { server in
            let output = try await PythonRun.output(
                of: """
                    import os, subprocess, sys
                    keys = {"AWS_ACCESS_KEY_ID": "K", "AWS_SECRET_ACCESS_KEY": "S", "AWS_DEFAULT_REGION": "us-east-1"}
                    def aws(*more):
                        done = subprocess.run([sys.executable, "-m", "awscli", "lambda", "invoke", "--endpoint-url",
                            sys.argv[1], *more, "out.json"], cwd="\(folder.path)", env=os.environ | keys,
                            capture_output=True, text=True)
                        print(done.returncode, done.stdout + done.stderr, end="")
                    aws("--function-name", "shout", "--payload", '{"text": "a"}', "--query", "[StatusCode,ExecutedVersion]",
                        "--output", "text")
                    print(open("\(folder.path)/out.json").read())
                    aws("--function-name", "shout", "--payload", '{"text": ""}', "--query", "FunctionError", "--output",
                        "text")
                    print(open("\(folder.path)/out.json").read())
                    aws("--function-name", "shoot")
                    """,
                python: try #require(PythonRun.python), argument: "http://127.0.0.1:\(server.port)")
            let lines = output.split(separator: "\n").map(String.init)
            #expect(lines[0] == "0 200\t$LATEST", "\(output)")
            #expect(lines[1] == #"{"text":"A"}"#)
            #expect(lines[2] == "0 Unhandled")
            #expect(lines[3] == #"{"errorMessage":"the text is empty","errorType":"FunctionError","stackTrace":[]}"#)
            #expect(output.contains("ResourceNotFoundException") && output.contains("did you mean `shout`?"))
        }
    }

    @Test(
        "has the statuses of Lambda's service model",
        .enabled(if: ProcessInfo.processInfo.environment["SLUICE_SHARED_DATA"] != nil))
    func statuses() throws {
        struct Facts: Decodable {
            struct Fact: Decodable {
                let http_status: Int
                let members: [String]
            }
            let errors: [String: Fact]
        }
        let folder = try #require(ProcessInfo.processInfo.environment["SLUICE_SHARED_DATA"])
        let file = URL(filePath: folder).appending(path: "aws/lambda-invoke-facts.json")
        let facts = try JSONDecoder().decode(Facts.self, from: Data(contentsOf: file))
        for kind in LambdaError.Kind.allCases where kind != .access {
            let fact = try #require(facts.errors[kind.rawValue], "\(kind.rawValue)")
            #expect(kind.status.code == fact.http_status && fact.members.contains(kind.messageKey), "\(kind.rawValue)")
        }
    }
}
