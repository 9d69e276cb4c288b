package import Documents
import FoundationEssentials
import FunctionKit
package import Spending

/// The calls that cost more than was held for them, or were longer than was granted; their models are refused until somebody
/// accepts that.
package struct BreachReport: Sendable {
    private let breaches: [JournaledBreach]

    /// A report on breaches.
    package init(_ breaches: [JournaledBreach]) { self.breaches = breaches }

    /// The report as a document.
    package var document: Document {
        let open = Set(breaches.filter { !$0.isAccepted }.map(\.model.model)).sorted()
        return Document(
            headline: breaches.isEmpty
                ? "No call has cost more than was held for it, or was longer than granted"
                : "\(breaches.count.counted("call")) cost more than was held, or longer than granted",
            sections: breaches.isEmpty
                ? []
                : [
                    Section(
                        [.table(table)]
                            + (open.isEmpty
                                ? []
                                : [
                                    .note(
                                        "Refused until the bound of its price is raised enough, or "
                                            + "`sluice budget breach accept MODEL --reason TEXT`: "
                                            + open.joined(separator: ", "))
                                ]))
                ], records: table,
            value: Value(
                breaches: breaches.map {
                    Value.Breach(
                        model: $0.model.model, provider: $0.model.provider, region: $0.model.region,
                        at: $0.at?.formatted(.iso8601), holdID: $0.holdID.description, bound: $0.bound, cost: $0.cost,
                        outputTokensMax: $0.breach.outputTokensMax, outputTokens: $0.breach.usage.outputTokens,
                        isAccepted: $0.isAccepted)
                }))
    }

    private var table: Table {
        Table(
            columns: [
                Column("model", "Model", importance: .high), Column("at", "When (UTC)", importance: .high),
                Column("bound_usd", "Held", isNumeric: true), Column("cost_usd", "Cost", isNumeric: true),
                Column("output_tokens_max", "Granted", isNumeric: true, importance: .low),
                Column("output_tokens", "Written", isNumeric: true, importance: .low),
                Column("accepted", "Accepted", importance: .high), Column("hold_id", "Hold", importance: .low),
            ],
            rows: breaches.map {
                [
                    .text($0.model.model), .instant(ifKnown: $0.at), .money(ifKnown: $0.bound),
                    .money(ifKnown: $0.cost), .count($0.breach.outputTokensMax), .count($0.breach.usage.outputTokens),
                    .text($0.isAccepted ? "yes" : "no"), .text($0.holdID.description),
                ]
            })
    }

    /// The stable JSON.
    private struct Value: Encodable {
        struct Breach: Encodable {
            let model, provider, region: String
            let at: String?
            let holdID: String
            let bound, cost: Money?
            let outputTokensMax, outputTokens: Int
            let isAccepted: Bool

            enum CodingKeys: String, CodingKey {
                case model, provider, region, at
                case holdID = "hold_id"
                case bound = "bound_usd"
                case cost = "cost_usd"
                case outputTokensMax = "output_tokens_max"
                case outputTokens = "output_tokens"
                case isAccepted = "accepted"
            }
        }

        let breaches: [Breach]
    }
}
