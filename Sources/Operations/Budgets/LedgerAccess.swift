import Bedrock
package import BudgetReport
package import Composition
package import FoundationEssentials
import History
package import Settings
package import Spending

/// A ledger that is open, for commands that look at it.
package struct LedgerAccess: Sendable {
    /// The budgets and prices of the files, over the ledger.
    package let governor: CostGovernor
    private let prices: PriceBook
    private let books: Books
    private let place: String

    /// Opens a ledger, and closes it afterwards.
    ///
    /// - Parameters:
    ///   - dataFolder: Where the ledger lies.
    ///   - use: What it is opened for.
    ///   - budgetsFolder: Budgets, with the price book in `prices/`; nil where only what the ledger holds is looked at.
    ///   - limits: A file or folder of budgets that is meant in place of that folder's.
    ///   - settings: Name the database.
    ///   - body: What is done with it.
    /// - Returns: What `body` gives.
    /// - Throws: ``SetupProblem`` where a file cannot be read, or what `body` throws.
    package static func with<Value: Sendable>(
        dataFolder: String, for use: DataUse, budgetsFolder: String?, limits: String? = nil, settings: Settings,
        _ body: (LedgerAccess) async throws -> Value
    ) async throws -> Value {
        let path = limits ?? budgetsFolder
        let prices: PriceBook
        let budgets: [Budget]
        do {
            prices = try budgetsFolder.map { try PriceBook.load(folder: "\($0)/prices") } ?? PriceBook([])
            budgets = try path.map { try Budget.read($0) } ?? []
        } catch {
            throw SetupProblem("\(error)")
        }
        return try await Books.with(dataFolder: dataFolder, for: use, settings: settings) { books in
            try await body(
                LedgerAccess(
                    governor: CostGovernor(
                        ledger: books.ledger, prices: prices, budgets: budgets,
                        broughtBy: path.map(ProcessFacts.brings) ?? ProcessFacts.person), prices: prices, books: books,
                    place: Books.place(dataFolder: dataFolder, settings: settings)))
        }
    }

    /// What reports are made from.
    ///
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``.
    package func view() async throws(GovernorError) -> LedgerView {
        try await LedgerView(governor, reader: books.ledger, place: place)
    }

    /// The answers of questions that were accepted in a span and answered without the model.
    ///
    /// - Throws: Where the history cannot be read.
    package func degradedAnswers(in span: Range<Date>) async throws -> [DegradedAnswers] {
        try await books.history.degradedRuns(in: span).map {
            DegradedAnswers(quarter: $0.quarter, tenant: $0.tenant, count: $0.count)
        }
    }

    /// What budgets made of questions since an instant, and which wait for one now.
    ///
    /// - Throws: Where the history cannot be read.
    package func questionsWithoutRoom(since start: Date) async throws -> QuestionsWithoutRoom {
        let counts = try await books.history.withoutRoom(since: start)
        let degraded = try await books.history.degradedRuns(in: start ..< .distantFuture)
        return QuestionsWithoutRoom(
            refused: counts.refused, degraded: degraded.map(\.count).reduce(0, +), parked: counts.waiting)
    }

    /// Raises or lowers a budget's limit until an instant, in the journal.
    ///
    /// - Parameters:
    ///   - raise: Which budget, to what and how long; see `CostGovernor.raise`.
    ///   - calls: The largest calls of the functions.
    /// - Returns: A line for each of these for which the limit has no room.
    /// - Throws: ``SetupProblem`` where a file cannot be read, ``RaiseProblem`` where nothing would be changed.
    package func raise(_ raise: RequestedRaise, largestCalls calls: [PaidCall]) async throws -> [String] {
        try await changingLimit { () async throws(GovernorError) in
            try await governor.raise(raise.budget, to: raise.limit, until: raise.until, reason: raise.reason)
        }
        let moment = try await governor.moment()
        let budgets = governor.budgets(at: moment).filter { $0.name == raise.budget }.map { budget in
            var budget = budget
            budget.limit = raise.limit
            return budget
        }
        return SpendingCheck.withoutRoom(for: calls, prices: prices, budgets: budgets, at: moment.instant).map {
            "as long as that lasts, \($0.explanation)"
        }
    }

    /// Ends the raise of a budget that is in force, in the journal.
    ///
    /// - Parameters:
    ///   - budget: The budget's name.
    ///   - reason: Why.
    /// - Throws: ``SetupProblem`` where a file cannot be read, ``RaiseProblem`` where nothing is raised.
    package func cancelRaise(of budget: String, reason: String) async throws {
        try await changingLimit { () async throws(GovernorError) in
            try await governor.cancelRaise(of: budget, reason: reason)
        }
    }

    private func changingLimit(_ body: () async throws(GovernorError) -> Void) async throws {
        do throws(GovernorError) {
            try await body()
        } catch {
            switch error {
            case .unknownBudget, .uselessRaise: throw RaiseProblem(description: error.description)
            default: throw SetupProblem(error.description)
            }
        }
    }

    /// Puts the limits of the files in force.
    ///
    /// - Parameters:
    ///   - reason: Why, for those who read the journal.
    ///   - asked: What the functions ask: each model must be covered, each limit have room for one call.
    /// - Returns: What changes; empty where they are in force already.
    /// - Throws: ``GovernorError``; ``GovernorError/nothingToDecide(reason:)`` too for limits with which no host would start.
    package func apply(reason: String, asked: ConfiguredCalls?) async throws(GovernorError) -> [String] {
        let moment = try await governor.moment()
        if let asked,
            let problem = SpendingCheck.problems(
                models: asked.models, largestCalls: asked.largest, prices: prices, budgets: governor.own.budgets,
                at: moment.instant
            ).first
        {
            throw .nothingToDecide(reason: "no host would start with these limits: \(problem)")
        }
        let before: LedgerLimits?
        do throws(GovernorError) {
            before = try await governor.apply(by: governor.broughtBy, reason: reason)
        } catch {
            if error == .limitsInForce { return [] }
            throw error
        }
        return (before?.set ?? BudgetSet([])).changes(to: governor.own)
    }

    /// Goes on from the true time, where the ledger's clock was ahead.
    ///
    /// - Parameter reason: Why, for those who read the journal.
    /// - Returns: The instant that the ledger leaves, and that at which it goes on.
    /// - Throws: ``GovernorError``.
    package func acceptClock(reason: String) async throws(GovernorError) -> (left: Date, now: Date) {
        try await governor.acceptClock(by: ProcessFacts.person, reason: reason)
    }

    /// Lets a model be asked again that has cost more than was held.
    ///
    /// - Parameters:
    ///   - model: The model's name.
    ///   - reason: Why, for those who read the journal.
    /// - Throws: ``GovernorError``.
    package func acceptBreaches(of model: String, reason: String) async throws(GovernorError) {
        try await governor.acceptBreaches(of: model, by: ProcessFacts.person, reason: reason)
    }

    /// Compares the journal with Bedrock's log of model invocations.
    ///
    /// - Parameters:
    ///   - logFiles: The log's files; `-` is standard input.
    ///   - ignoresUnknown: Whether calls of other programs are left out.
    /// - Returns: What differs.
    /// - Throws: ``SetupProblem`` where a file cannot be read.
    package func reconcile(logFiles: [String], ignoresUnknown: Bool) async throws -> ReconciliationReport {
        let log: InvocationLog
        do throws(InvocationLogError) {
            log = try InvocationLog(reading: logFiles)
        } catch {
            throw SetupProblem("\(error)")
        }
        let reconciler = Reconciler(log: log.calls, ignoresUnknown: ignoresUnknown)
        let result = try await Reconciliation.compare(reconciler) { [governor] after in
            try await governor.ledger.journal(after: after, atMost: 1000)
        }
        return ReconciliationReport(result, recordsSkipped: log.skipped)
    }
}
