import BudgetReport
import Documents
import Foundation
import FunctionKit
import GoldenFiles
import Operations
import Spending
import Testing

@Suite("The report on journal and log")
struct ReconciliationReportTests {
    static let model = ModelID(provider: "bedrock", region: "ap-south-1", model: "meta.llama3-70b-instruct-v1:0")
    /// 2026-11-23T07:00:00Z.
    static let start = Date(timeIntervalSince1970: 1_795_417_200)
    static let usage = TokenUsage(inputTokens: 1000, outputTokens: 100)

    /// A hold's entries: it was settled with a usage, or released.
    static func hold(_ id: String, settled usage: TokenUsage?) -> [JournalEntry] {
        let rates = TokenRates(from: .distantPast, inputNanoUSDPerToken: 3180, outputNanoUSDPerToken: 4200)
        let cost = usage.map { Int64($0.inputTokens * 3180 + $0.outputTokens * 4200) } ?? 0
        return [(JournalEntry.Kind.reserve, 0 as Int64), (usage == nil ? .release : .settle, cost)].map { kind, spent in
            JournalEntry(
                id: 1, at: start, kind: kind, holdID: HoldID(number: 1, mark: id), reservedAt: start,
                call: CallID(questionID: "q-\(id)", function: "llm-connector", ordinal: 0, digest: "d"), model: model,
                tenant: nil, rates: rates, usage: kind == .settle ? usage : nil,
                countedBy: kind == .settle ? .body : nil, requestID: kind == .settle ? "r-\(id)" : nil,
                spent: Money(nanoUSD: spent), held: .zero, lines: [])
        }
    }

    static func call(_ id: String, usage: TokenUsage? = usage, isError: Bool = false) -> InvoicedCall {
        InvoicedCall(
            requestID: "r-\(id)", at: start.addingTimeInterval(1), model: model.model, region: model.region,
            usage: usage, isError: isError, holdID: "1-\(id)", questionID: "q-\(id)")
    }

    static func report(_ journal: [JournalEntry], _ log: [InvoicedCall], skipped: Int = 0) -> ReconciliationReport {
        var reconciler = Reconciler(log: log)
        for entry in journal { reconciler.add(entry) }
        return ReconciliationReport(reconciler.reconciliation(), recordsSkipped: skipped)
    }

    static let differing = report(
        hold("a", settled: usage) + hold("b", settled: nil) + hold("c", settled: usage)
            + hold("d", settled: usage) + hold("e", settled: nil),
        [
            call("a"), call("b"), call("c", usage: TokenUsage(inputTokens: 1000, outputTokens: 90)),
            call("e", usage: nil, isError: true), call("f"), call("f"),
        ], skipped: 2)

    private func text(_ report: ReconciliationReport) throws -> String {
        String(decoding: try report.document.rendered(as: .table), as: UTF8.self)
    }

    @Test("says that they agree")
    func agrees() throws {
        let report = Self.report(Self.hold("a", settled: Self.usage), [Self.call("a")])
        #expect(report.agrees == true)
        #expect(
            try text(report) == """
                The journal and the log agree on 1 call, $0.0036

                  holds  from 2026-11-23T06:59:01Z to 2026-11-23T07:01:01Z

                """)
    }

    @Test("says that there was nothing to compare")
    func empty() throws {
        #expect(Self.report([], []).agrees == nil)
        #expect(try text(Self.report([], [])) == "The log has no calls: nothing was compared\n")
    }

    @Test(
        "says what differs, the dangerous first, in every format",
        arguments: DocumentFormat.allCases.filter { $0 != .html })
    func differs(format: DocumentFormat) throws {
        #expect(Self.differing.agrees == false)
        try GoldenFile.expect(
            Self.differing.document.rendered(as: format), equals: "reconcile/reconcile.\(format.rawValue)")
    }

    @Test("cuts a long list short, but not its totals")
    func long() throws {
        let report = Self.report([], (100..<175).map { Self.call("\($0)") })
        let lines = try text(report).split(separator: "\n")
        #expect(lines.count { $0.hasPrefix("  2026-") } == 50)
        #expect(lines.contains("Served without a hold: 75, cost unknown"))
        #expect(lines.last == "And 25 more; `--format csv` has all.")
        let records = String(decoding: try report.document.rendered(as: .csv), as: UTF8.self)
        #expect(records.split { $0.isNewline }.count == 76)
    }

    @Test("is stable JSON")
    func json() throws {
        let report = Self.report(Self.hold("b", settled: nil), [Self.call("b")], skipped: 1)
        #expect(
            String(decoding: try report.stableJSON(), as: UTF8.self) == """
                {
                  "agree" : false,
                  "calls" : {
                    "failed" : 0,
                    "ignored" : 0,
                    "logged" : 1,
                    "matched" : 1,
                    "open" : 0,
                    "unpriced" : 0
                  },
                  "difference_usd" : "0.0036",
                  "differences" : [
                    {
                      "at" : "2026-11-23T07:00:01Z",
                      "difference_usd" : "0.0036",
                      "function" : "llm-connector",
                      "hold_id" : "1-b",
                      "journal" : {
                        "model" : "meta.llama3-70b-instruct-v1:0",
                        "region" : "ap-south-1",
                        "usd" : "0.00"
                      },
                      "kind" : "released_but_served",
                      "log" : {
                        "cache_read_tokens" : 0,
                        "cache_write_tokens" : 0,
                        "input_tokens" : 1000,
                        "model" : "meta.llama3-70b-instruct-v1:0",
                        "output_tokens" : 100,
                        "region" : "ap-south-1",
                        "usd" : "0.0036"
                      },
                      "question_id" : "q-b",
                      "request_id" : "r-b",
                      "sentence" : "hold 1-b was released, but request r-b was served 1000 in, 100 out ($0.0036): not counted",
                      "times_logged" : 1
                    }
                  ],
                  "journal_usd" : "0.00",
                  "log_usd" : "0.0036",
                  "records_skipped" : 1,
                  "span" : {
                    "from" : "2026-11-23T06:59:01Z",
                    "to" : "2026-11-23T07:01:01Z"
                  },
                  "totals" : [
                    {
                      "count" : 1,
                      "difference_usd" : "0.0036",
                      "kind" : "released_but_served"
                    }
                  ]
                }

                """)
    }
}
