import SQLite
import Spending
import SpendingSQLite

/// Opens the ledger alone, for commands that only look at it.
package enum LedgerAccess {
    /// Where the budgets stand.
    ///
    /// - Parameters:
    ///   - dataFolder: Where the ledger lies; made where it is missing.
    ///   - budgetsFolder: Budgets, with the price book in `prices/`.
    /// - Returns: All budgets, in the order of their files.
    /// - Throws: ``SetupProblem`` where a file cannot be read.
    package static func status(dataFolder: String, budgetsFolder: String) async throws -> BudgetReport {
        try await withGovernor(dataFolder: dataFolder, budgetsFolder: budgetsFolder) { governor in
            BudgetReport(try await governor.status())
        }
    }

    /// Rebuilds all counters from the journal and compares.
    ///
    /// - Parameters:
    ///   - dataFolder: Where the ledger lies; made where it is missing.
    ///   - budgetsFolder: Budgets, with the price book in `prices/`.
    /// - Returns: What was found.
    /// - Throws: ``SetupProblem`` where a file cannot be read.
    package static func verify(dataFolder: String, budgetsFolder: String) async throws -> VerificationReport {
        try await withGovernor(dataFolder: dataFolder, budgetsFolder: budgetsFolder) { governor in
            VerificationReport(try await governor.verify())
        }
    }

    private static func withGovernor<Value: Sendable>(
        dataFolder: String, budgetsFolder: String, _ body: @Sendable (CostGovernor) async throws -> Value
    ) async throws -> Value {
        let store: SQLiteStore
        let governor: CostGovernor
        do {
            let prices = try PriceBook.load(folder: "\(budgetsFolder)/prices")
            let budgets = try Budget.load(folder: budgetsFolder)
            store = try SQLiteStore.open(folder: dataFolder, schemas: PipelineParts.schemas)
            governor = CostGovernor(ledger: try SQLiteLedger(store: store), prices: prices, budgets: budgets)
        } catch let error as any CustomStringConvertible & Error {
            throw SetupProblem(error.description)
        }
        do {
            let value = try await body(governor)
            try store.close()
            return value
        } catch {
            try? store.close()
            throw error
        }
    }
}
