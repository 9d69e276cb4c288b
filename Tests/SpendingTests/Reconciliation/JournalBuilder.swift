import Foundation
import FunctionKit
import Spending

/// Journals of holds, each with the entries that a ledger would write.
struct JournalBuilder {
    /// How a hold goes on.
    enum Course {
        case open
        case settled(TokenUsage, requestID: String?)
        case released
        case charged
        case orphaned
        case orphanedThenSettled(TokenUsage, requestID: String?)
    }

    static let model = ModelID(provider: "bedrock", region: "ap-south-1", model: "meta.llama3-70b-instruct-v1:0")
    static let rates = TokenRates(
        from: Date(timeIntervalSince1970: 0), inputNanoUSDPerToken: 3180, outputNanoUSDPerToken: 4200)
    /// What each hold holds.
    static let bound = Money(nanoUSD: 10_000_000)
    /// The instant from which the tests count seconds.
    static let start = Date(timeIntervalSince1970: 1_795_400_000)

    private(set) var entries: [JournalEntry] = []

    static func cost(_ usage: TokenUsage) -> Money {
        Money(nanoUSD: Int64(usage.inputTokens) * 3180 + Int64(usage.outputTokens) * 4200)
    }

    /// A call in the log.
    static func logged(
        _ requestID: String, second: Double = 1, model: String = Self.model.model, region: String = Self.model.region,
        usage: TokenUsage? = TokenUsage(inputTokens: 100, outputTokens: 10), isError: Bool = false,
        hold: String? = nil, question: String? = nil
    ) -> InvoicedCall {
        InvoicedCall(
            requestID: requestID, at: start.addingTimeInterval(second), model: model, region: region, usage: usage,
            isError: isError, holdID: hold.map { holdID($0).description }, questionID: question)
    }

    /// A hold by its name in a test.
    static func holdID(_ name: String) -> HoldID { HoldID(number: 1, mark: name) }

    /// Adds a hold; its question is `q-` and its id.
    mutating func hold(
        _ id: String, second: Double = 0, model: ModelID = Self.model, rates: TokenRates? = Self.rates,
        countedBy: UsageSource = .body, _ course: Course
    ) {
        var spent = Money.zero
        func entry(
            _ kind: JournalEntry.Kind, spent: Int64, held: Int64, usage: TokenUsage? = nil, requestID: String? = nil
        ) -> JournalEntry {
            JournalEntry(
                id: Int64(entries.count + 1), at: Self.start.addingTimeInterval(second), kind: kind,
                holdID: Self.holdID(id),
                reservedAt: Self.start.addingTimeInterval(second),
                call: CallID(questionID: "q-\(id)", function: "llm-connector", ordinal: 0, digest: "d"), model: model,
                tenant: nil, rates: rates, usage: usage, countedBy: usage == nil ? nil : countedBy,
                requestID: requestID, spent: Money(nanoUSD: spent), held: Money(nanoUSD: held), lines: [])
        }
        let bound = Self.bound.nanoUSD
        entries.append(entry(.reserve, spent: 0, held: bound))
        switch course {
        case .open: break
        case .settled(let usage, let requestID):
            spent = countedBy == .bound ? Self.bound : Self.cost(usage)
            entries.append(
                entry(.settle, spent: spent.nanoUSD, held: -bound, usage: usage, requestID: requestID))
        case .released: entries.append(entry(.release, spent: 0, held: -bound))
        case .charged: entries.append(entry(.charge, spent: bound, held: -bound))
        case .orphaned: entries.append(entry(.orphan, spent: bound, held: -bound))
        case .orphanedThenSettled(let usage, let requestID):
            entries.append(entry(.orphan, spent: bound, held: -bound))
            let rest = Self.cost(usage).nanoUSD - bound
            entries.append(entry(.settle, spent: rest, held: 0, usage: usage, requestID: requestID))
        }
    }

    /// Compares with a log.
    func compared(
        with log: [InvoicedCall], span: ClosedRange<Date>? = nil, slack: Duration = .seconds(60)
    ) -> Reconciliation {
        var reconciler = Reconciler(log: log, span: span, slack: slack)
        for entry in entries { reconciler.add(entry) }
        return reconciler.reconciliation()
    }
}
