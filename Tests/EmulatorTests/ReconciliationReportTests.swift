import BudgetReport
import Emulator
import Foundation
import FunctionKit
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

    @Test("says that they agree")
    func agrees() {
        let report = Self.report(Self.hold("a", settled: Self.usage), [Self.call("a")])
        #expect(report.agrees == true)
        #expect(
            report.text == """
                The journal and the log agree on 1 call, $0.0036.
                  holds from 2026-11-23T06:59:01Z to 2026-11-23T07:01:01Z were looked for

                """)
    }

    @Test("says that there was nothing to compare")
    func empty() {
        #expect(Self.report([], []).agrees == nil)
        #expect(Self.report([], []).text == "The log has no calls: nothing was compared.\n")
    }

    @Test("says what differs, the dangerous first")
    func differs() {
        #expect(Self.differing.agrees == false)
        #expect(
            Self.differing.text == """
                The journal and the log differ in 4 places.
                  holds from 2026-11-23T06:59:01Z to 2026-11-23T07:01:01Z were looked for
                  journal $0.0072 for 4 calls with a hold
                  log     $0.010758, $0.003558 more
                  1 call failed and cost nothing
                  2 objects in the log skipped: no record of a call
                Released, but served: 1, $0.0036 not counted
                  2026-11-23T07:00:01Z hold 1-b was released, but request r-b was served 1000 in, 100 out ($0.0036): not counted
                Served without a hold: 1, $0.0036 not counted
                  2026-11-23T07:00:01Z request r-f to meta.llama3-70b-instruct-v1:0 in ap-south-1 was served 1000 in, 100 out ($0.0036), and no hold is for it
                Other token counts: 1, $0.000042 counted too much
                  2026-11-23T07:00:01Z hold 1-c was charged 1000 in, 100 out ($0.0036), the log has 1000 in, 90 out ($0.003558) for request r-c
                Charged, but not in the log: 1, $0.0036 counted too much
                  2026-11-23T07:00:00Z hold 1-d was charged $0.0036, and the log has no call for it
                In the log more than once: 1
                  2026-11-23T07:00:01Z request r-f is in the log 2 times; it is counted once

                """)
    }

    @Test("cuts a long list short, but not its totals")
    func long() {
        let report = Self.report([], (100..<175).map { Self.call("\($0)") })
        let lines = report.text.split(separator: "\n")
        #expect(lines.count { $0.hasPrefix("  2026-") } == 50)
        #expect(lines.contains("Served without a hold: 75, cost unknown"))
        #expect(lines.last == "and 25 more (see --format json)")
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
