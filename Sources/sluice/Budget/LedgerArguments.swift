import ArgumentParser
import BudgetReport
import Emulator
import Foundation
import Settings
import Spending

/// The options that name a ledger.
struct LedgerArguments: ParsableArguments {
    @Option(help: ArgumentHelp("Where the embedded ledger lies.", valueName: "dir"))
    var data = ".sluice"

    @OptionGroup var budgets: BudgetsArguments

    /// Opens the ledger, and closes it afterwards.
    func withLedger<Value: Sendable>(_ body: (LedgerAccess) async throws -> Value) async throws -> Value {
        do {
            return try await LedgerAccess.with(
                dataFolder: data, budgetsFolder: budgets.folder(),
                settings: Settings(environment: ProcessInfo.processInfo.environment), body)
        } catch let problem as ReportProblem {
            throw CommandFailure.wrongArguments(problem.description)
        } catch let error as GovernorError {
            throw CommandFailure.failed(error.description)
        }
    }
}
