import BedrockStandIn
import Composition
package import Foundation
import FunctionKit
import Logging
import SQLite
import Spending
import SpendingSQLite
import StrictYAML
import Synchronization

/// A race for a small limit: what nobody may win is a cent above it.
///
/// The upstream is a server of its own that counts what it serves; the calls go through the production client, governor
/// and ledger, in one process or several.
package struct Race: Sendable {
    private let rules: RaceRules
    private let budgetsFolder: String

    /// Makes a race.
    ///
    /// - Parameters:
    ///   - rules: How many calls race, and for how much.
    ///   - budgetsFolder: With the price book in `prices/`.
    package init(rules: RaceRules, budgetsFolder: String) {
        self.rules = rules
        self.budgetsFolder = budgetsFolder
    }

    /// Runs the race in a temporary folder.
    ///
    /// - Parameter command: Starts another process of the race, and gives what it printed: a ``RaceRunner/Outcome``.
    /// - Returns: What came of it.
    /// - Throws: ``SetupProblem``.
    package func run(
        command: @escaping @Sendable (_ number: Int, _ dataFolder: String, _ endpoint: String) async throws -> Data
    ) async throws -> RaceReport {
        let folder = FileManager.default.temporaryDirectory.appending(path: "sluice-race-\(UUID().uuidString)").path()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        // Made here, so that the processes do not all make it at once.
        let store: SQLiteStore
        let governor: CostGovernor
        let cost: Money
        let bound: Money
        do {
            store = try SQLiteStore.open(folder: folder, schemas: [SQLiteLedger.schema])
            governor = try RaceRunner.governor(store, rules: rules, budgetsFolder: budgetsFolder)
            (cost, bound) = try amounts()
        } catch let error as any CustomStringConvertible & Error {
            throw SetupProblem(error.description)
        }
        let served = Served()
        let standIn = StandIn(
            credentials: StandInKeys.credentials, region: RaceRules.model.region, models: [RaceRules.model.model],
            onRequest: { _ in served.note() })
        standIn.behaviour = StandInBehaviour(
            latency: RaceRules.latency,
            usage: TokenUsage(inputTokens: RaceRules.inputTokens, outputTokens: RaceRules.outputTokens))
        let start = ContinuousClock.now
        let outcome = try await withThrowingTaskGroup(of: RaceRunner.Outcome?.self) { group in
            group.addTask {
                try await standIn.run()
                return nil
            }
            let endpoint = "http://127.0.0.1:\(try await standIn.boundPort)"
            for number in 0..<rules.processes {
                group.addTask {
                    if rules.processes == 1 {
                        return try await RaceRunner(
                            rules: rules, number: 0, dataFolder: folder, budgetsFolder: budgetsFolder,
                            endpoint: endpoint
                        ).run()
                    }
                    let printed = try await command(number, folder, endpoint)
                    return try JSONDecoder().decode(RaceRunner.Outcome.self, from: printed)
                }
            }
            var total = RaceRunner.Outcome()
            for _ in 0..<rules.processes {
                guard let outcome = try await group.next() ?? nil else {
                    throw SetupProblem("the race's upstream ended before the race")
                }
                total = total + outcome
            }
            group.cancelAll()
            return total
        }
        let took = ContinuousClock.now - start
        let status = try await governor.status()
        let isSound = try await governor.verify().isSound
        try store.close()
        guard let status = status.first else { throw SetupProblem("the race's budget has no counter") }
        return RaceReport(
            rules: rules, served: served.count, cost: cost, bound: bound, outcome: outcome, status: status,
            isSound: isSound, took: took)
    }

    /// What a call costs in truth, and what it holds.
    private func amounts() throws -> (cost: Money, bound: Money) {
        let prices = try PriceBook.load(folder: "\(budgetsFolder)/prices")
        guard let price = prices.price(of: RaceRules.model, at: .now),
            let cost = price.cost(
                of: TokenUsage(inputTokens: RaceRules.inputTokens, outputTokens: RaceRules.outputTokens))
        else { throw GovernorError.notGoverned(RaceRules.model) }
        let call = PaidCall(
            id: CallID(questionID: "", function: "race", ordinal: 0, digest: ""), model: RaceRules.model,
            tenant: nil, inputBytes: RaceRunner.request.prompt.utf8.count,
            outputTokensMax: RaceRules.outputTokens)
        return (cost, try price.bound(of: call))
    }
}

/// What the upstream counts by itself.
private final class Served: Sendable {
    private let number = Atomic(0)

    var count: Int { number.load(ordering: .acquiring) }

    func note() { number.add(1, ordering: .acquiringAndReleasing) }
}
