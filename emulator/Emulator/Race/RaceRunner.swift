import Bedrock
import Composition
import FoundationEssentials
import FunctionKit
import HTTPTransport
import Logging
import SQLite
import Spending
import SpendingSQLite

/// One process of a race: makes its share of the calls on the common ledger, through the production client.
package struct RaceRunner: Sendable {
    /// What became of the calls.
    package struct Outcome: Codable, Sendable {
        /// Answered and settled.
        var paid = 0
        /// Refused because the limit is spent.
        var refusedSpent = 0
        /// Refused although the money was merely held by calls in flight.
        var refusedHeld = 0
        /// Ended in another way.
        var failed = 0

        static func + (left: Outcome, right: Outcome) -> Outcome {
            Outcome(
                paid: left.paid + right.paid, refusedSpent: left.refusedSpent + right.refusedSpent,
                refusedHeld: left.refusedHeld + right.refusedHeld, failed: left.failed + right.failed)
        }
    }

    /// Longer than the race takes: whoever waits for held money is never out of time.
    private static let deadline = Duration.seconds(600)

    let rules: RaceRules
    let number: Int
    let dataFolder: String
    let budgetsFolder: String
    let endpoint: String

    /// Makes a runner.
    ///
    /// - Parameters:
    ///   - rules: The race's.
    ///   - number: Which process this is, from 0.
    ///   - dataFolder: The common ledger's.
    ///   - budgetsFolder: With the price book in `prices/`.
    ///   - endpoint: The upstream.
    package init(rules: RaceRules, number: Int, dataFolder: String, budgetsFolder: String, endpoint: String) {
        self.rules = rules
        self.number = number
        self.dataFolder = dataFolder
        self.budgetsFolder = budgetsFolder
        self.endpoint = endpoint
    }

    /// Runs the share.
    ///
    /// - Throws: ``SetupProblem`` where ledger or prices cannot be read.
    package func run() async throws -> Outcome {
        let store: SQLiteStore
        let governor: CostGovernor
        do {
            store = try SQLiteStore.open(folder: dataFolder, schemas: [SQLiteLedger.schema], lockSeconds: 60)
            governor = try Self.governor(store, rules: rules, budgetsFolder: budgetsFolder)
        } catch let error as any CustomStringConvertible & Error {
            throw SetupProblem(error.description)
        }
        let client = try HTTPClient()
        let model = GovernedModel(
            governor: governor,
            client: BedrockModel(
                endpoint: endpoint, region: RaceRules.model.region,
                credentials: StaticCredentials(StandInKeys.credentials), http: client),
            model: RaceRules.model, callTimeout: .seconds(60))
        let share = rules.share(number)
        let outcome = await withTaskGroup(of: Outcome.self) { group in
            var rest = share.calls.makeIterator()
            for _ in 0..<share.concurrency {
                if let call = rest.next() { group.addTask { await Self.make(call, model) } }
            }
            var total = Outcome()
            for await outcome in group {
                total = total + outcome
                if let call = rest.next() { group.addTask { await Self.make(call, model) } }
            }
            return total
        }
        await client.shutdown()
        try store.close()
        return outcome
    }

    static func governor(
        _ store: SQLiteStore, rules: RaceRules, budgetsFolder: String
    ) throws -> CostGovernor {
        CostGovernor(
            ledger: try SQLiteLedger(store: store), prices: try .load(folder: "\(budgetsFolder)/prices"),
            budgets: [rules.budget])
    }

    private static func make(_ call: Int, _ model: GovernedModel) async -> Outcome {
        let context = InvocationContext(
            runID: "race-\(call)", functionName: "race", attempt: 1, deadline: .now + deadline, tenant: nil,
            trace: TraceContext(), logger: Logger(label: "race", factory: { _ in SwiftLogNoOpLogHandler() }),
            drain: DrainSignal())
        do throws(LanguageModelError) {
            _ = try await model.generate(request, context: context)
            return Outcome(paid: 1)
        } catch {
            guard case .budgetExhausted(let refusal) = error else { return Outcome(failed: 1) }
            return refusal.cause == .held ? Outcome(refusedHeld: 1) : Outcome(refusedSpent: 1)
        }
    }

    /// 300 words of four letters and a space are about as many tokens.
    static let request = ModelRequest(
        prompt: String(repeating: "word ", count: RaceRules.inputTokens), maxTokens: RaceRules.outputTokens,
        temperature: 0, topP: 1)
}
