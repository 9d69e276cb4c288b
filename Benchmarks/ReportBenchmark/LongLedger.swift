import BudgetReport
import Documents
import Foundation
import FunctionKit
import SQLite
import Spending
import SpendingSQLite
import Synchronization

/// A ledger of 92 days, with twenty tenants, two functions and two models.
struct LongLedger: Sendable {
    /// The governor was in the way of the measurement.
    struct Refused: Error, CustomStringConvertible {
        let description = "a call was not admitted; the benchmark's budget must have room for all"
    }

    private static let callers = 256
    private static let seconds = 92.0 * 86_400
    private static let zone = TimeZone(identifier: "Asia/Kolkata") ?? .gmt
    private static let models = ["meta.llama3-70b-instruct-v1:0", "meta.llama3-8b-instruct-v1:0"].map {
        ModelID(provider: "bedrock", region: "ap-south-1", model: $0)
    }

    /// How many calls were begun, of so many.
    private final class Progress: Sendable {
        private let calls: Int
        private let begun = Atomic(0)

        init(of calls: Int) { self.calls = calls }

        /// From 0 to 1, also when each caller has asked once more than there are calls.
        var share: Double { Double(min(calls, begun.load(ordering: .relaxed))) / Double(max(1, calls)) }

        /// The number of the next call; nil where there is none.
        func next() -> Int? {
            let number = begun.add(1, ordering: .relaxed).oldValue
            return number < calls ? number : nil
        }
    }

    let folder: String

    /// What is measured.
    enum Measured: CaseIterable {
        case status, forecast
        case report(ReportGrouping)

        static var allCases: [Measured] { [.status, .forecast] + ReportGrouping.allCases.map(Measured.report) }

        var name: String {
            switch self {
            case .status: "status"
            case .forecast: "forecast"
            case .report(let grouping): "report --by \(grouping.rawValue)"
            }
        }
    }

    /// Opens the ledger, makes a report of all of it and closes it.
    @concurrent
    func document(_ measured: Measured) async throws -> Document {
        let store = try SQLiteStore.open(folder: folder, schemas: [SQLiteLedger.schema])
        let ledger = try SQLiteLedger(store: store)
        let view = try await LedgerView(Self.governor(ledger), reader: ledger)
        let document: Document
        switch measured {
        case .status: document = try await StatusReport(view).document
        case .forecast: document = try await ForecastReport(view).document
        case .report(let grouping):
            let span = try ReportSpan(
                since: "2000-01-01", until: nil, timeZone: Self.zone, now: view.now, daysBack: 1)
            document = try await SpendReport(view, by: grouping, span: span, isDrawn: false).document()
        }
        try store.close()
        return document
    }

    /// Reserves and settles with many callers at once, as time goes by on the ledger's own clock.
    @concurrent
    func fill(entries: Int) async throws {
        let store = try SQLiteStore.open(folder: folder, schemas: [SQLiteLedger.schema])
        let progress = Progress(of: entries / 2)
        let start = Date.now.addingTimeInterval(-Self.seconds)
        let ledger = try SQLiteLedger(store: store) {
            start.addingTimeInterval(Self.seconds * progress.share)
        }
        let governor = Self.governor(ledger)
        try await withThrowingDiscardingTaskGroup { group in
            for _ in 0..<Self.callers {
                group.addTask {
                    while let number = progress.next() { try await Self.pay(number, governor) }
                }
            }
        }
        try store.close()
    }

    private static func pay(_ number: Int, _ governor: CostGovernor) async throws {
        let question = UUID().uuidString.lowercased()
        let digits = question.filter { $0 != "-" }
        let call = PaidCall(
            id: CallID(
                questionID: question, function: number % 5 == 0 ? "rag-core" : "llm-connector", ordinal: 0,
                digest: digits + digits), model: models[number % 7 / 6], tenant: "tenant-\(number % 20)",
            inputBytes: 2400, outputTokensMax: 512)
        guard case .held(let reservation) = try await governor.reserve(call) else { throw Refused() }
        _ = try await governor.settle(
            reservation, usage: TokenUsage(inputTokens: 700 + number % 300, outputTokens: 180),
            response: Data(repeating: UInt8(ascii: "a"), count: 600))
    }

    private static func governor(_ ledger: SQLiteLedger) -> CostGovernor {
        let prices = models.map { model in
            Price(
                model: model, from: Date(timeIntervalSince1970: 0), inputNanoUSDPerToken: 3180,
                outputNanoUSDPerToken: 4200,
                bound: TokenBound(
                    nanoTokensPerByte: 1_000_000_000, tokensPerMessage: 8, fixed: 8, because: "as in the price book"),
                source: "the price book", read: "2026-11-23")
        }
        let budget = Budget(
            name: "daily", limit: Money(nanoUSD: .max / 2),
            rule: PeriodRule(length: .day, timeZone: zone, turnsAtMinute: 0), tenantSharePercent: 25,
            alertsPercent: [50, 80, 95], exhausted: .answerWithoutModel)
        return CostGovernor(ledger: ledger, prices: PriceBook(prices), budgets: [budget])
    }
}
