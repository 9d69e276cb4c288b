import Documents
import Foundation
import Spending
import SpendingCompat
import TestSupport
import Testing

@testable import BudgetReport

@Suite("The page in a browser", .timeLimit(.minutes(3)))
struct BrowserTests {
    /// What the check finds on one screen.
    private struct Finding: Decodable {
        let width: Int
        let scheme: String
        let problems: [String]
        let words: Int
        let drawings: Int
    }

    /// Opens a page on a wide screen and a phone, light and dark.
    private func findings(_ page: Data) async throws -> [Finding] {
        let python = try #require(ProcessInfo.processInfo.environment["SLUICE_PYTHON"], "script/test sets it")
        let folder = try TemporaryFolder()
        let file = folder.url.appending(path: "page.html")
        try page.write(to: file)
        let process = Process()
        process.executableURL = URL(filePath: python)
        process.arguments = [
            URL(filePath: #filePath).deletingLastPathComponent().appending(path: "check.py").path, "/usr/bin/chromium",
            file.path,
        ]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        // A thread, because reading blocks.
        let written = await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(returning: (try? output.fileHandleForReading.readToEnd()) ?? Data())
            }
        }
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "script/test installs chromium")
        return try JSONDecoder().decode([Finding].self, from: written)
    }

    @Test("runs nothing, asks for nothing, fits every screen and has the contrast of WCAG AA")
    func page() async throws {
        try await GoldenLedger.withView { view in
            let report = try await SpendReport(
                view, by: .day, span: GoldenLedger.span(.day), degraded: GoldenLedger.degraded)
            let page = try await report.document(OwnerPage.sections(view, about: report)).rendered(as: .html)
            let findings = try await findings(page)
            #expect(findings.map(\.width) == [1280, 1280, 390, 390])
            #expect(findings.map(\.scheme) == ["light", "dark", "light", "dark"])
            for finding in findings {
                #expect(finding.problems == [], "\(finding.width) \(finding.scheme)")
                #expect(finding.words > 200 && finding.drawings > 15)
            }
        }
    }

    @Test("takes no name from outside for markup")
    func hostileNames() async throws {
        let clock = ManualClock()
        let ledger = InMemoryLedger(now: clock.now)
        let governor = SpendFixture.governor(ledger)
        for name in [
            "<img src=\"http://127.0.0.1:9/a\" onerror=\"throw 1\">", "</style><script>throw 1</script>",
            "\"><svg onload=throw(1)>", "x\u{202E}\u{1B}[31m", String(repeating: "long", count: 60),
        ] {
            try await governor.pay(SpendFixture.call(name, tenant: name), tokens: 5)
        }
        let view = try await LedgerView(governor, reader: ledger)
        let span = try ReportSpan(since: nil, until: nil, timeZone: .gmt, now: view.now, daysBack: 2)
        for grouping in [ReportGrouping.tenant, .question] {
            let report = try await SpendReport(view, by: grouping, span: span)
            let page = try await report.document(OwnerPage.sections(view, about: report)).rendered(as: .html)
            for finding in try await findings(page) { #expect(finding.problems == [], "\(finding.width)") }
        }
    }

    @Test("is told when it is bad")
    func badPage() async throws {
        let page = """
            <!DOCTYPE html><html><body style="background: #fff">
            <p style="color: #999">Too pale</p><img src="http://127.0.0.1:9/a"><script>throw new Error("x")</script>
            <div style="width: 2000px">wide</div>
            <div style="overflow-x: auto; width: 300px"><p style="width: 340px">hidden</p></div></body></html>
            """
        let findings = try await findings(Data(page.utf8))
        #expect(findings.last?.problems.contains("40 pixels behind a sideways scroll") == true)
        let problems = try #require(findings.first).problems.joined(separator: "\n")
        for expected in ["contrast 2.85", "script error", "request for http://127.0.0.1:9/a", "wider than the screen"] {
            #expect(problems.contains(expected), "\(problems)")
        }
    }
}
