import Foundation
import TestSupport
import Testing

@Suite("sluice budget reports", .timeLimit(.minutes(3)))
struct ReportTests {
    private static let question = "The shop refuses to repair my faulty washing machine under warranty. What can I do?"

    @Test("an empty ledger is said to be empty, with 0 and valid JSON", arguments: ["status", "report", "forecast"])
    func empty(command: String) async throws {
        let folder = try TemporaryFolder()
        try await SluiceProcess.beginLedger(in: folder.url)
        for format in ["table", "json", "csv", "markdown", "html"] {
            let ending = try await SluiceProcess.run(["budget", command, "--format", format], in: folder.url)
            #expect(ending.status == 0 && ending.errors.isEmpty, "\(format): \(ending.errors)")
            #expect(!ending.output.isEmpty)
            if format == "json" { _ = try JSONSerialization.jsonObject(with: Data(ending.output.utf8)) }
        }
        let text = try await SluiceProcess.run(["budget", command], in: folder.url).output
        #expect(text.contains(command == "forecast" ? "too little is known" : "The ledger is empty"), "\(text)")
    }

    @Test("an output that finds no room on the disk is no success")
    func fullDisk() async throws {
        let folder = try TemporaryFolder()
        try await SluiceProcess.beginLedger(in: folder.url)
        let process = try SluiceProcess(
            ["-c", "exec \"$0\" budget status > /dev/full", SluiceProcess.binary], in: folder.url,
            executable: "/bin/sh")
        #expect(await process.status() == 1)
        #expect(process.errors.contains("the output cannot be written"))
    }

    @Test("a question is told by every grouping, and once more where it is asked again")
    func groupings() async throws {
        let folder = try TemporaryFolder()
        let asked = try await SluiceProcess.run(["ask", "--format", "json", Self.question], in: folder.url)
        try #require(asked.status == 0, "\(asked.errors)")
        let cost = try AnswerJSON(asked.output).cost_usd
        for grouping in ["hour", "day", "week", "month", "function", "model", "tenant", "question"] {
            let ending = try await SluiceProcess.run(
                ["budget", "report", "--by", grouping, "--format", "json"], in: folder.url)
            let report = try JSONDecoder().decode(ReportJSON.self, from: Data(ending.output.utf8))
            #expect(report.rows.map(\.calls) == [1] && report.total.spent_usd == cost, "\(grouping)")
        }
        let export = try await SluiceProcess.run(["budget", "export"], in: folder.url)
        let kinds = try export.output.split(separator: "\n").map {
            try JSONDecoder().decode(ExportJSON.self, from: Data($0.utf8)).kind
        }
        #expect(kinds == ["apply", "reserve", "settle"])
        let top = try await SluiceProcess.run(["budget", "top"], in: folder.url)
        #expect(top.status == 0 && top.output.contains("daily") && !top.output.contains("\u{1B}"))
    }

    @Test("a percentage that is reached ends with 3, after the report is written")
    func failAt() async throws {
        let folder = try TemporaryFolder()
        let asked = try await SluiceProcess.run(["ask", Self.question], in: folder.url)
        try #require(asked.status == 0)
        let reached = try await SluiceProcess.run(["budget", "status", "--fail-at", "1"], in: folder.url)
        #expect(reached.status == 3 && reached.output.contains("daily"))
        #expect(reached.errors == "sluice: a budget has spent 1 % of its limit or more\n")
        let below = try await SluiceProcess.run(["budget", "status", "--fail-at", "90"], in: folder.url)
        #expect(below.status == 0)
    }

    @Test("a budget that is no longer in force is told as retired")
    func retired() async throws {
        let folder = try TemporaryFolder()
        let asked = try await SluiceProcess.run(["ask", Self.question], in: folder.url)
        try #require(asked.status == 0)
        let budgets = try AskTests.budgets(in: folder.url, replacing: [("name: daily", "name: weekly")])
        let applied = try await SluiceProcess.run(
            ["budget", "apply", budgets, "--reason", "weeks are enough"], in: folder.url)
        #expect(applied.status == 0, "\(applied.errors)")
        let ending = try await SluiceProcess.run(["budget", "status", "--budgets", budgets], in: folder.url)
        #expect(ending.status == 0 && ending.output.contains("Retired budgets"))
    }

    @Test(
        "what no report can be made of is refused with 2 and told what to write",
        arguments: [
            (
                ["report", "--by", "dya"],
                "--by takes hour, day, week, month, function, model, tenant or question, not `dya`; did you mean `day`?"
            ),
            (
                ["report", "--timezone", "Asia/Kolkatta"],
                "--timezone takes an IANA name such as Asia/Kolkata, not `Asia/Kolkatta`; did you mean `Asia/Kolkata`?"
            ),
            (
                ["status", "--timezone", "berlin"],
                "--timezone takes an IANA name such as Asia/Kolkata, not `berlin`; did you mean `Europe/Berlin`?"
            ),
            (
                ["report", "--since", "2026-11-20", "--until", "2026-11-10"],
                "--since 2026-11-20 is after --until 2026-11-10; turn them round"
            ),
            (
                ["report", "--since", "yesterday"],
                "--since takes a day such as 2026-11-01 or an instant such as 2026-11-01T10:15, not `yesterday`"
            ),
            (
                ["report", "--since", "2026-02-30"],
                "--since takes a day such as 2026-11-01 or an instant such as 2026-11-01T10:15, not `2026-02-30`"
            ),
            (
                ["report", "--since", "2026-11-29T25:00"],
                "--since takes a day such as 2026-11-01 or an instant such as 2026-11-01T10:15, not `2026-11-29T25:00`"
            ),
            (
                ["report", "--until", "2026-11-29T10:15Zjunk"],
                "--until takes a day such as 2026-11-01 or an instant such as 2026-11-01T10:15, not `2026-11-29T10:15Zjunk`"
            ),
            (
                ["report", "--timezone", "GMT"],
                "--timezone takes an IANA name such as Asia/Kolkata, not `GMT`; did you mean `UTC`?"
            ),
            (
                ["report", "--until", "2026-11-01T10:20"],
                "--until 2026-11-01T10:20 is no whole quarter of an hour; reports are kept by these"
            ),
            (["report", "--top", "0"], "--top takes a whole number from 1 up, such as 10"),
            (["report", "--top", "-1"], "--top takes a whole number from 1 up, such as 10"),
            (["status", "--fail-at", "-5"], "--fail-at takes a whole percentage from 1 to 100, such as 80"),
            (["status", "--fail-at", "101"], "--fail-at takes a whole percentage from 1 to 100, such as 80"),
            (["status", "--fail-at", "0"], "--fail-at takes a whole percentage from 1 to 100, such as 80"),
        ])
    func badInput(arguments: [String], complaint: String) async throws {
        let folder = try TemporaryFolder()
        try await SluiceProcess.beginLedger(in: folder.url)
        let ending = try await SluiceProcess.run(["budget"] + arguments, in: folder.url)
        #expect(ending.status == 2)
        #expect(ending.errors == "sluice: \(complaint)\n")
        #expect(ending.output.isEmpty)
    }

    @Test(
        "a live view on a terminal ends on q and on Ctrl-C, and leaves the terminal as it was",
        arguments: ["q", "\\x03"])
    func top(key: String) async throws {
        let python = try #require(ProcessInfo.processInfo.environment["SLUICE_PYTHON"], "script/test sets it")
        let folder = try TemporaryFolder()
        try await SluiceProcess.beginLedger(in: folder.url)
        // A terminal of its own; the key is sent once the page is drawn.
        try """
        import os, pty, sys, termios
        pid, terminal = pty.fork()
        if pid == 0:
            os.environ["TERM"] = "xterm"
            os.execv(sys.argv[1], [sys.argv[1], "budget", "top", "--interval", "0.2", "--budgets", sys.argv[2]])
        before = termios.tcgetattr(terminal)
        seen, sent = b"", False
        while True:
            try:
                piece = os.read(terminal, 65536)
            except OSError:
                break
            if not piece:
                break
            seen += piece
            if not sent and seen.count(b"daily") >= 4:
                during = termios.tcgetattr(terminal)
                os.write(terminal, b"\(key)")
                sent = True
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        print("status", status, "raw", not during[3] & termios.ICANON,
              "left", seen.rstrip().endswith(b"\\x1b[?25h\\x1b[?1049l"))
        """.write(to: folder.url.appending(path: "terminal.py"), atomically: true, encoding: .utf8)
        let process = try SluiceProcess(
            ["terminal.py", SluiceProcess.binary, SluiceProcess.repository + "/budgets"], in: folder.url,
            executable: python)
        #expect(await process.line(with: "status") == "status 0 raw True left True", "\(process.errors)")
    }
}

private struct ReportJSON: Decodable {
    struct Row: Decodable {
        let calls: Int
        let spent_usd: String
    }

    let rows: [Row]
    let total: Row
}

private struct ExportJSON: Decodable {
    let kind: String
}
