import ArgumentParser
import BudgetReport
import Composition
import Operations
import Spending

/// `sluice budget breach`: models that have cost more than was held for a call.
struct BreachCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "breach",
        abstract: "Lists calls that broke their bound, and lets their models be asked again.",
        discussion: """
            A model whose call has cost more than its bound is refused: the bound of its
            price is wrong. Raise the bound in budgets/prices, or accept what happened.
            So is a model that wrote more than it was granted, whatever that cost; no
            bound holds for it, so it can only be accepted.

            EXAMPLES
              sluice budget breach list
              sluice budget breach accept meta.llama3-70b-instruct-v1:0 \\
                --reason "the service counted twice, case 4711"
            """,
        subcommands: [List.self, Accept.self])

    /// `sluice budget breach list`.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Shows each such call, and whether it was accepted.")

        @OptionGroup var format: FormatArguments
        @OptionGroup var ledger: LedgerArguments

        func run() async throws {
            let report = try await ledger.withLedger { BreachReport(try await $0.governor.ledger.breaches()) }
            try format.write(report.document)
        }
    }

    /// `sluice budget breach accept`.
    struct Accept: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lets a model be asked again; a later such call refuses it anew.")

        @Argument(help: ArgumentHelp("The model, as `breach list` names it.", valueName: "model"))
        var model: String

        @OptionGroup var reason: ReasonArguments
        @OptionGroup var format: FormatArguments
        @OptionGroup var ledger: LedgerArguments

        func run() async throws {
            let report = try await ledger.withLedger(for: .changing) { ledger in
                try await ledger.acceptBreaches(of: model, reason: reason.reason)
                return BreachReport(try await ledger.governor.ledger.breaches())
            }
            try format.write(report.document)
        }
    }
}
