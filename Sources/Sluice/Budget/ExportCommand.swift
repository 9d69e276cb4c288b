import ArgumentParser
import BudgetReport
import Operations
import Spending

/// `sluice budget export`.
struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Writes the journal as JSON Lines.",
        discussion: """
            There is a line for every entry and every raise, in the order of writing.
            Amounts are what an entry changes, in US dollars as decimal strings. No
            question's text and no answer is in the journal.

            EXAMPLES
              sluice budget export > journal.jsonl
              sluice budget export | jq -c 'select(.kind == "orphan")'
            """)

    @OptionGroup var ledger: LedgerArguments

    func run() async throws {
        try await ledger.withLedger { try await JournalExport($0.governor.ledger).run(CommandOutput.data) }
    }
}
