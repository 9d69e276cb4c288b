import FoundationEssentials
package import Spending
import SpendingSQLite
import SQLite

/// Opens the ledger alone, for commands that only look at it.
package enum LedgerAccess {
    /// Gives a governor on the ledger of a data folder, and closes it afterwards.
    ///
    /// - Parameters:
    ///   - dataFolder: Where the ledger lies; made where it is missing.
    ///   - budgetsFolder: Budgets, with the price book in `prices/`.
    ///   - body: Gets the governor.
    /// - Returns: What `body` returned.
    /// - Throws: ``SetupProblem`` where a file cannot be read, otherwise what `body` throws.
    package static func withGovernor<Value: Sendable>(
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
