import BenchmarkSupport
import Foundation
import Measuring
import Postgres
import PostgresTestServer
import SpendingPostgres

/// Pairs a second and their latencies, raw and governed.
struct LedgerPart {
    let server: PostgresTestServer
    let rounds: Int
    let span: Duration

    /// A row for each number of callers.
    func measure() async throws -> [[String]] {
        let raw = try await RawPairs(server: server)
        let client = PostgresClient(server.configuration(schema: "ledger"))
        try await client.migrate([PostgresLedger.schema])
        let ledger = PostgresLedger(client: client)
        let governed = GovernedPairs(ledger: ledger)
        var rates: [Int: Double] = [:]
        for callers in callerCounts {
            rates[callers] = try await raw.run(callers: callers, pairs: callers * 50).perSecond
            _ = try await governed.run(callers: callers, for: span / 4)
        }
        var rawRounds: [Int: [(perSecond: Double, p99: Double)]] = [:]
        var governedRounds: [Int: [PairTimes]] = [:]
        for round in 1...rounds {
            progress("pairs, round \(round) of \(rounds)")
            for callers in callerCounts {
                rawRounds[callers, default: []].append(
                    try await raw.run(callers: callers, pairs: Int((rates[callers] ?? 0) * (span / .seconds(1)))))
                governedRounds[callers, default: []].append(try await governed.run(callers: callers, for: span))
            }
        }
        _ = try await governed.verifiedEntries()
        await ledger.close()
        await client.close()
        return callerCounts.map { callers in
            let (raw, times) = (rawRounds[callers] ?? [], governedRounds[callers] ?? [])
            // Each round against the baseline of its own round.
            let ratio = Table.median(zip(times, raw).map { $0.pairsPerSecond / $1.perSecond })
            return [
                "\(callers)", Table.decimal(Table.median(raw.map(\.perSecond)), places: 0),
                Table.decimal(Table.median(raw.map(\.p99)), places: 2),
                Table.decimal(Table.median(times.map(\.pairsPerSecond)), places: 0),
                Table.decimal(ratio, places: 2),
                Table.decimal(Table.median(times.map { $0.pair.percentile(50) }), places: 2),
                Table.decimal(Table.median(times.map { $0.pair.percentile(99) }), places: 2),
                Table.decimal(Table.median(times.map(\.processorMicrosecondsPerPair)), places: 0),
            ]
        }
    }
}
