package import FoundationEssentials
package import FunctionKit

/// One thing in which the journal and the provider's log differ.
package struct ReconciliationDifference: Sendable, Hashable {
    /// What differs, the most dangerous first.
    package enum Kind: String, Sendable, CaseIterable {
        /// The hold was given back, but the provider served the call: it was never counted.
        case releasedButServed = "released_but_served"
        /// The provider served a further call under a hold that covers one.
        case servedTwice = "served_twice"
        /// A call that no hold is for: made by somebody else, or around the governor.
        case withoutHold = "without_hold"
        /// Another model, or the same in another region, was served than was held for.
        case modelDiffers = "model_differs"
        /// The token counts differ.
        case tokensDiffer = "tokens_differ"
        /// Nobody counted the tokens, so the bound was charged; the log has counted them.
        case chargedAtBound = "charged_at_bound"
        /// The hold was charged, but the provider failed the call and served nothing.
        case chargedButFailed = "charged_but_failed"
        /// The hold was charged, but the log has no such call.
        case chargedNotLogged = "charged_not_logged"
        /// One call is in the log several times; it is counted once. No money differs.
        case loggedTwice = "logged_twice"
    }

    /// What one side says of the call.
    package struct Side: Sendable, Hashable {
        /// The model.
        package var model: String
        /// Its region.
        package var region: String
        /// The tokens, where they were counted.
        package var usage: TokenUsage?
        /// What the journal charged, or what the log's tokens cost by the journal's rates; nil where no rate is known.
        package var amount: Money?

        /// Makes a side.
        package init(model: String, region: String, usage: TokenUsage?, amount: Money?) {
            self.model = model
            self.region = region
            self.usage = usage
            self.amount = amount
        }
    }

    /// What differs.
    package var kind: Kind
    /// The log's instant, or the reservation's where the log has none.
    package var at: Date
    /// The provider's name for the call.
    package var requestID: String?
    /// The hold.
    package var holdID: HoldID?
    /// The call that the hold is for.
    package var call: CallID?
    /// What the journal says; nil where it has no such hold.
    package var journal: Side?
    /// What the log says; nil where it has no such call.
    package var log: Side?
    /// How many times the call is in the log.
    package var timesLogged: Int

    /// Makes a difference.
    package init(
        kind: Kind, at: Date, requestID: String? = nil, holdID: HoldID? = nil, call: CallID? = nil,
        journal: Side? = nil, log: Side? = nil, timesLogged: Int = 1
    ) {
        self.kind = kind
        self.at = at
        self.requestID = requestID
        self.holdID = holdID
        self.call = call
        self.journal = journal
        self.log = log
        self.timesLogged = timesLogged
    }

    /// What the log has more than the journal, negative where the journal counted too much; nil where no rate is known.
    package var amount: Money? {
        let logged = log.map(\.amount) ?? .zero
        let journaled = journal.map(\.amount) ?? .zero
        guard let logged, let journaled else { return nil }
        return logged.subtracting(journaled)
    }
}

extension ReconciliationDifference: CustomStringConvertible {
    /// One sentence for a person, of printable ASCII only.
    package var description: String {
        let request = "request \(requestID ?? "unknown")"
        let hold = "hold \(holdID?.description ?? "unknown")"
        let text =
            switch kind {
            case .releasedButServed: "\(hold) was released, but \(request) was served \(said(log)): not counted"
            case .servedTwice: "\(request) was served \(said(log)) under \(hold), which covers one call: not counted"
            case .withoutHold: "\(request) to \(place(log)) was served \(said(log)), and no hold is for it"
            case .modelDiffers:
                "\(hold) is for \(place(journal)), \(said(journal)); \(request) went to \(place(log)), \(said(log))"
            case .tokensDiffer: "\(hold) was charged \(said(journal)), the log has \(said(log)) for \(request)"
            case .chargedAtBound: "\(hold) was charged its bound, \(paid(journal)); \(request) had \(said(log))"
            case .chargedButFailed: "\(hold) was charged \(paid(journal)), but \(request) failed and served nothing"
            case .chargedNotLogged: "\(hold) was charged \(paid(journal)), and the log has no call for it"
            case .loggedTwice: "\(request) is in the log \(timesLogged) times; it is counted once"
            }
        // A log is a file from elsewhere: what it says must not steer a terminal.
        return String(text.unicodeScalars.map { (" "..."~").contains($0) ? Character($0) : "?" })
    }

    private func said(_ side: Side?) -> String {
        guard let usage = side?.usage else { return paid(side) }
        var counts = "\(usage.inputTokens) in"
        if usage.cacheReadTokens != 0 { counts += ", \(usage.cacheReadTokens) from cache" }
        if usage.cacheWriteTokens != 0 { counts += ", \(usage.cacheWriteTokens) to cache" }
        return "\(counts), \(usage.outputTokens) out (\(paid(side)))"
    }

    private func paid(_ side: Side?) -> String { side?.amount.map { "$\($0)" } ?? "cost unknown" }

    private func place(_ side: Side?) -> String {
        side.map { "\(modelName($0.model)) in \($0.region)" } ?? "an unknown model"
    }
}
