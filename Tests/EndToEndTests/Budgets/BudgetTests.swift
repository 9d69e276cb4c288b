import Foundation
import TestSupport
import Testing

@Suite("sluice budget", .timeLimit(.minutes(3)))
struct BudgetTests {
    private static let question = "The shop refuses to repair my faulty washing machine under warranty. What can I do?"

    @Test("a raise brings parked questions back, is seen at once, and is journaled")
    func raise() async throws {
        let folder = try TemporaryFolder()
        let budgets = try AskTests.budgets(
            in: folder.url,
            replacing: [("exhausted: answer-without-model", "exhausted: wait-until-reset")])
        try await Self.lower("0.001", budgets, in: folder.url)
        // Its messages are awaited too.
        let asking = try SluiceProcess(
            [
                "-c", "exec \"$0\" \"$@\" 2>&1", SluiceProcess.binary, "ask", "--budgets", budgets, "--data",
                "./.sluice",
                Self.question,
            ],
            in: folder.url, executable: "/bin/sh")
        // In whichever order: who asks looks now and then, and may look before the host has logged it.
        var (isLogged, told) = (false, "")
        for await line in asking.lines {
            if line.contains("question waits for its budget") { isLogged = true }
            if line.contains("sluice: question ") { told = line }
            if isLogged, !told.isEmpty { break }
        }
        try #require(isLogged && !told.isEmpty)
        #expect(told.contains(" waits: the budget `daily` has no room for a call (it may cost up to $0.0"))
        #expect(told.contains(", $0.001 is left); it opens at 2099-01-01 05:30 Asia/Kolkata (2099-01-01T00:00:00Z)."))
        #expect(told.contains("look with `sluice history export --data ./.sluice | grep "), "\(told)")
        #expect(told.contains("`sluice budget status --data ./.sluice --budgets \(budgets)`"), "\(told)")
        let waiting = try await SluiceProcess.run(
            ["budget", "status", "--budgets", budgets, "--format", "json"], in: folder.url)
        #expect(waiting.output.contains("\"parked\" : 1"), "\(waiting.output)")
        let until = Date().addingTimeInterval(3600).formatted(.iso8601)
        let raising = try await SluiceProcess.run(
            [
                "budget", "raise", "daily", "--to", "1", "--until", until, "--reason", "a test", "--budgets", budgets,
                "--format", "json",
            ], in: folder.url)
        #expect(raising.status == 0, "\(raising.errors)")
        let line = try #require(
            try JSONDecoder().decode(BudgetJSON.self, from: Data(raising.output.utf8)).budgets.first)
        #expect(line.limit_usd == "1.00" && line.remaining_usd == "1.00")
        _ = try #require(await asking.line(with: "[shop-refuses-warranty]"))
        for await _ in asking.lines {}
        #expect(await asking.status() == 0)
        let verify = try await SluiceProcess.run(["budget", "verify", "--budgets", budgets], in: folder.url)
        #expect(verify.status == 0)
    }

    /// Lowers the daily limit for a long time: a file's own must have room for a call.
    static func lower(_ limit: String, _ budgets: String, in folder: URL) async throws {
        let ending = try await SluiceProcess.run(
            [
                "budget", "raise", "daily", "--to", limit, "--until", "2099-01-01T00:00:00Z", "--reason", "a test",
                "--budgets", budgets,
            ], in: folder)
        try #require(ending.status == 0, "\(ending.errors)")
    }

    @Test("a limit is lowered and given back, also below what is spent, and the journal says so")
    func lowered() async throws {
        let folder = try TemporaryFolder()
        let raise = ["budget", "raise", "daily"]
        let none = try await SluiceProcess.run(raise + ["--cancel"], in: folder.url)
        #expect(none.status == 2)
        #expect(none.errors == "sluice: no raise of `daily` is in force: its limit is $0.50\n")
        try await Self.lower("0.25", SluiceProcess.repository + "/budgets", in: folder.url)
        let lowered = try await SluiceProcess.run(["budget", "status"], in: folder.url)
        #expect(lowered.output.contains("daily is lowered to $0.25 until 2099-01-01 05:30: a test"))
        let both = try await SluiceProcess.run(raise + ["--cancel", "--to", "2"], in: folder.url)
        #expect(both.status == 2 && both.errors == "sluice: --cancel ends a raise: leave --to and --until out\n")
        let missing = try await SluiceProcess.run(raise + ["--to", "2"], in: folder.url)
        #expect(missing.status == 2 && missing.errors.contains("write --to, --until and --reason, or --cancel"))
        let ended = try await SluiceProcess.run(
            raise + ["--cancel", "--reason", "found", "--format", "json"], in: folder.url)
        #expect(ended.status == 0 && ended.output.contains("\"limit_usd\" : \"0.50\""), "\(ended.errors)")
        let journal = try await SluiceProcess.run(["budget", "export"], in: folder.url).output.split(separator: "\n")
        #expect(journal.count == 2 && journal[0].contains("\"kind\":\"lower\""))
        #expect(journal[1].contains("\"kind\":\"cancel\",\"limit_usd\":\"0.50\",\"reason\":\"found\""))
    }

    @Test(
        "limits near the largest amount crash no report",
        arguments: ["9223372036.854775807", "9223372036.8547", "9223372036.854"])
    func hugeLimit(limit: String) async throws {
        let folder = try TemporaryFolder()
        // Something is spent, so that every picture is drawn.
        let asked = try await SluiceProcess.run(["ask", Self.question], in: folder.url)
        try #require(asked.status == 0, "\(asked.errors)")
        try await Self.lower(limit, SluiceProcess.repository + "/budgets", in: folder.url)
        for report in [["status"], ["forecast"], ["report"], ["top"], ["verify"], ["export"], ["estimate"]] {
            for format in report[0] == "export" || report[0] == "top" ? ["table"] : ["table", "json", "csv", "html"] {
                let arguments = ["budget"] + report + (format == "table" ? [] : ["--format", format])
                let ending = try await SluiceProcess.run(arguments, in: folder.url)
                #expect(ending.status == 0, "\(arguments): \(ending.errors)")
            }
        }
    }

    @Test(
        "a raise that raises nothing is refused with 2 and told what to write",
        arguments: [
            (
                ["dayly", "--to", "1", "--until", "2099-01-01T00:00:00Z"],
                "there is no budget `dayly`; did you mean `daily`?"
            ),
            (
                ["daily", "--to", "0.50", "--until", "2099-01-01T00:00:00Z"],
                "$0.50 is the limit of `daily` anyway; name another, or end a raise with --cancel"
            ),
            (
                ["daily", "--to", "1.0000000001", "--until", "2099-01-01T00:00:00Z"],
                "--to takes US dollars above zero with at most nine decimals, such as 2.50"
            ),
            (["daily", "--to", "1", "--until", "tomorrow"], Self.noInstant),
            (["daily", "--to", "1", "--until", "2027-02-30T00:00:00Z"], Self.noInstant),
            (["daily", "--to", "1", "--until", "2027-01-01T25:00:00Z"], Self.noInstant),
            (["daily", "--to", "1", "--until", "2027-01-01T00:00:00Zjunk"], Self.noInstant),
            (["daily", "--to", "1", "--until", "99999-01-01T00:00:00Z"], Self.noInstant),
            (["daily", "--to", "1", "--until", "2027-01-01T00:00:00"], Self.noInstant),
            (
                ["daily", "--to", "1", "--until", "2020-01-01T00:00:00+05:30"],
                "2019-12-31T18:30:00Z has passed by the ledger's clock; name a later instant"
            ),
        ])
    func uselessRaise(arguments: [String], complaint: String) async throws {
        let folder = try TemporaryFolder()
        let ending = try await SluiceProcess.run(
            ["budget", "raise"] + arguments + ["--reason", "a test"], in: folder.url)
        #expect(ending.status == 2)
        #expect(ending.errors == "sluice: \(complaint)\n")
        #expect(ending.output.isEmpty)
        #expect(try await SluiceProcess.run(["budget", "export"], in: folder.url).output.isEmpty)
    }

    private static let noInstant = "--until takes an instant with its offset, such as 2030-11-24T18:00:00+05:30"

    @Test("journal and invocation log agree on what the model was asked, and what is not the journal's is found")
    func reconcile() async throws {
        try await ModelServer.run { server in
            let folder = try TemporaryFolder()
            let asked = try await SluiceProcess.run(
                ["ask", "--format", "json", Self.question], in: folder.url, environment: server.environment)
            try #require(asked.status == 0, "\(asked.errors)")
            let answer = try JSONDecoder().decode(AnswerJSON.self, from: Data(asked.output.utf8))
            let metadata = try #require(server.metadata.first ?? nil)
            let record = """
                {"schemaType":"ModelInvocationLog","schemaVersion":"1.0","timestamp":"\(Date().formatted(.iso8601))",\
                "region":"ap-south-1","requestId":"REQUEST","operation":"InvokeModel",\
                "modelId":"meta.llama3-70b-instruct-v1:0","input":{"inputTokenCount":\(answer.usage.input_tokens)},\
                "output":{"outputTokenCount":\(answer.usage.output_tokens)},"requestMetadata":METADATA}
                """
            let own = record.replacing("METADATA", with: metadata)
            try own.write(to: folder.url.appending(path: "log.jsonl"), atomically: true, encoding: .utf8)
            let agreeing = try await SluiceProcess.run(["budget", "reconcile", "log.jsonl"], in: folder.url)
            #expect(agreeing.status == 0, "\(agreeing.output)\(agreeing.errors)")
            #expect(agreeing.output.contains("agree"))
            let foreign = own + "\n" + record.replacing("METADATA", with: "{}").replacing("REQUEST", with: "OTHER")
            try foreign.write(to: folder.url.appending(path: "log.jsonl"), atomically: true, encoding: .utf8)
            let differing = try await SluiceProcess.run(
                ["budget", "reconcile", "log.jsonl", "--format", "json"], in: folder.url)
            #expect(differing.status == 1)
            #expect(differing.errors == "sluice: the journal and the log differ\n")
            #expect(differing.output.contains("\"without_hold\""))
            #expect(!differing.output.contains("charged_not_logged"))
            let ignoring = try await SluiceProcess.run(
                ["budget", "reconcile", "log.jsonl", "--ignore-unknown"], in: folder.url)
            #expect(ignoring.status == 0, "\(ignoring.output)\(ignoring.errors)")
            #expect(ignoring.output.contains("1 call of other programs left out"))
            // What agrees with nothing does not agree.
            for nothing in ["", "{\"Records\":[{\"schemaType\":\"ModelInvocationLog\"}]}"] {
                try nothing.write(to: folder.url.appending(path: "log.jsonl"), atomically: true, encoding: .utf8)
                let compared = try await SluiceProcess.run(
                    ["budget", "reconcile", "log.jsonl", "--format", "json"], in: folder.url)
                #expect(compared.status == 1 && compared.output.contains("\"agree\" : null"), "\(compared.errors)")
            }
        }
    }

    @Test("thresholds are told once a period to a webhook that checks the signature, also over several processes")
    func alerts() async throws {
        let python = try #require(ProcessInfo.processInfo.environment["SLUICE_PYTHON"], "script/test sets it")
        let folder = try TemporaryFolder()
        let budgets = try AskTests.budgets(
            in: folder.url, replacing: [("alerts_percent: [50, 80, 95]", "alerts_percent: [1, 2, 99]")])
        // A receiver as anybody would write it, after the documentation of the signature.
        try """
        import hashlib, hmac, http.server, json
        class Receiver(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                parts = dict(part.split("=", 1) for part in self.headers["Sluice-Signature"].split(","))
                signed = hmac.new(b"sixteen bytes or more", parts["t"].encode() + b"." + body, hashlib.sha256)
                alert = json.loads(body)
                print(hmac.compare_digest(signed.hexdigest(), parts["v1"]), alert["event"], alert["budget"],
                      alert["percent"], alert["id"] == self.headers["Sluice-Alert-Id"], flush=True)
                self.send_response(204)
                self.end_headers()
            def log_message(self, *arguments): pass
        server = http.server.HTTPServer(("127.0.0.1", 0), Receiver)
        print("port", server.server_address[1], flush=True)
        server.serve_forever()
        """.write(to: folder.url.appending(path: "receiver.py"), atomically: true, encoding: .utf8)
        let receiver = try SluiceProcess(["receiver.py"], in: folder.url, executable: python)
        defer { receiver.signal(SIGKILL) }
        let port = try #require(await receiver.line(with: "port ")).dropFirst(5)
        let environment = [
            "SLUICE_ALERT_WEBHOOK": "http://127.0.0.1:\(port)/alerts", "SLUICE_ALERT_SECRET": "sixteen bytes or more",
        ]
        // About half a cent each: the first passes 1 percent of $0.50, the second 2, the third none.
        for _ in 0..<3 {
            let ending = try await SluiceProcess.run(
                ["ask", "--budgets", budgets, Self.question], in: folder.url, environment: environment)
            #expect(ending.status == 0, "\(ending.errors)")
        }
        let last = try await SluiceProcess.run(["budget", "verify", "--budgets", budgets], in: folder.url)
        #expect(last.status == 0)
        // Other signals may be ignored where the tests' own process does.
        receiver.signal(SIGKILL)
        var told: [String] = []
        for await line in receiver.lines { told.append(line) }
        #expect(told == ["True threshold_crossed daily 1 True", "True threshold_crossed daily 2 True"])
    }

    @Test(
        "a webhook that could not be trusted stops the start",
        arguments: [
            (
                ["SLUICE_ALERT_WEBHOOK": "http://example.com/", "SLUICE_ALERT_SECRET": "sixteen bytes or more"],
                "https"
            ),
            (["SLUICE_ALERT_WEBHOOK": "https://127.0.0.1/"], "SLUICE_ALERT_SECRET"),
        ])
    func badWebhook(environment: [String: String], complaint: String) async throws {
        let folder = try TemporaryFolder()
        let ending = try await SluiceProcess.run(["ask", Self.question], in: folder.url, environment: environment)
        #expect(ending.status == 1 && ending.errors.contains(complaint), "\(ending.errors)")
    }
}
