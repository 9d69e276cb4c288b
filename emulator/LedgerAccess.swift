import Bedrock
import FoundationEssentials
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

    /// Raises a budget's limit until an instant, in the journal.
    ///
    /// - Parameters:
    ///   - raise: Which budget, to what and how long; see `CostGovernor.raise`.
    ///   - dataFolder: Where the ledger lies; made where it is missing.
    ///   - budgetsFolder: Budgets, with the price book in `prices/`.
    /// - Returns: All budgets, with the raise in force.
    /// - Throws: ``SetupProblem`` where a file cannot be read, ``RaiseProblem`` where nothing would be raised.
    package static func raise(
        _ raise: RequestedRaise, dataFolder: String, budgetsFolder: String
    ) async throws -> BudgetReport {
        try await withGovernor(dataFolder: dataFolder, budgetsFolder: budgetsFolder) { governor in
            do throws(GovernorError) {
                try await governor.raise(raise.budget, to: raise.limit, until: raise.until, reason: raise.reason)
            } catch {
                switch error {
                case .unknownBudget, .uselessRaise: throw RaiseProblem(description: error.description)
                default: throw SetupProblem(error.description)
                }
            }
            return BudgetReport(try await governor.status())
        }
    }

    /// Compares the journal with Bedrock's log of model invocations.
    ///
    /// - Parameters:
    ///   - logFiles: The log's files; `-` is standard input.
    ///   - dataFolder: Where the ledger lies; made where it is missing.
    ///   - budgetsFolder: Budgets, with the price book in `prices/`.
    /// - Returns: What differs.
    /// - Throws: ``SetupProblem`` where a file cannot be read.
    package static func reconcile(
        logFiles: [String], dataFolder: String, budgetsFolder: String
    ) async throws -> ReconciliationReport {
        let log: InvocationLog
        do throws(InvocationLogError) {
            log = try InvocationLog(reading: logFiles)
        } catch {
            throw SetupProblem("\(error)")
        }
        return try await withGovernor(dataFolder: dataFolder, budgetsFolder: budgetsFolder) { governor in
            let result = try await Reconciliation.compare(Reconciler(log: log.calls)) { after in
                try await governor.ledger.journal(after: after, atMost: 1000)
            }
            return ReconciliationReport(result, recordsSkipped: log.skipped)
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

/// What an owner wants to raise.
package struct RequestedRaise: Sendable {
    let budget: String
    let limit: Money
    let until: Date
    let reason: String

    /// Reads what a person wrote.
    ///
    /// - Parameters:
    ///   - budget: The budget's name.
    ///   - limit: US dollars as a decimal string.
    ///   - until: An instant in ISO 8601 with its offset.
    ///   - reason: Why.
    /// - Throws: ``RaiseProblem`` that says what to write instead.
    package init(budget: String, limit: String, until: String, reason: String) throws(RaiseProblem) {
        guard let amount = Money(limit), amount > .zero else {
            throw RaiseProblem(
                description: "--to takes US dollars above zero with at most nine decimals, such as 2.50")
        }
        guard let instant = try? Date(until, strategy: .iso8601) else {
            throw RaiseProblem(
                description: "--until takes an instant with its offset, such as 2026-11-24T18:00:00+05:30")
        }
        self.budget = budget
        self.limit = amount
        self.until = instant
        self.reason = reason
    }
}

/// Why nothing was raised; the person's arguments are to be written otherwise.
package struct RaiseProblem: Error, CustomStringConvertible {
    /// One sentence with what to write instead.
    package let description: String
}
