import ArgumentParser
import BudgetReport
import Composition
import Foundation
import Operations
import Settings
import Spending

/// The options that name a ledger.
struct LedgerArguments: ParsableArguments {
    @OptionGroup var data: DataArguments
    @OptionGroup var budgets: BudgetsArguments

    /// Opens the ledger, and closes it afterwards.
    ///
    /// - Parameters:
    ///   - use: What it is opened for.
    ///   - usesBudgets: Whether budgets and prices are needed; else they are read only where they were named.
    ///   - limits: The file or folder whose limits are meant; nil for the budgets' folder.
    ///   - body: What is done with it.
    /// - Returns: What `body` gives.
    /// - Throws: ``CommandFailure``, ``SetupProblem`` or what `body` throws.
    func withLedger<Value: Sendable>(
        for use: DataUse = .reading, usesBudgets: Bool = true, limits: String? = nil,
        _ body: (LedgerAccess) async throws -> Value
    ) async throws -> Value {
        do {
            return try await LedgerAccess.with(
                dataFolder: data.folder, for: use,
                budgetsFolder: usesBudgets ? budgets.folder() : budgets.budgets, limits: limits,
                settings: Settings(environment: ProcessInfo.processInfo.environment), body)
        } catch let problem as ReportProblem {
            throw CommandFailure.wrongArguments(problem.description)
        } catch GovernorError.nothingToDecide(let reason) {
            throw CommandFailure.wrongArguments(reason)
        } catch let error as GovernorError {
            throw CommandFailure.failed(error.description)
        }
    }
}
