import ArgumentParser
import BudgetReport
import Documents
import Operations

/// `sluice budget top`.
struct TopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top",
        abstract: "Shows the budgets live, until q or Ctrl-C; once and plain where the output is no terminal.")

    @Option(
        parsing: .unconditional, help: ArgumentHelp("How often it looks, in seconds.", valueName: "seconds"))
    var interval = 2.0

    @OptionGroup var zone: ZoneArguments
    @OptionGroup var ledger: LedgerArguments

    func run() async throws {
        guard (0.1...3600).contains(interval) else {
            throw CommandFailure.wrongArguments("--interval takes seconds from 0.1 to 3600")
        }
        let asked = try zone.zone()
        // Opened anew for each page: a ledger that is open for a report shows one state.
        func page() async throws -> Document {
            try await ledger.withLedger { try await StatusReport($0.view(), timeZone: asked).document }
        }
        guard let screen = LiveScreen() else {
            CommandOutput.data(try await page().rendered(as: .table, on: CommandOutput.terminal))
            return
        }
        try await screen.show(every: .seconds(interval)) {
            try await page().rendered(as: .table, on: CommandOutput.terminal)
        }
    }
}
