import BenchmarkSupport
import Foundation
import History
import HistoryPostgres
import Measuring
import Postgres
import PostgresTestServer

/// Answers stored a second, and their latencies.
struct HistoryPart {
    let server: PostgresTestServer
    let rounds: Int
    let span: Duration

    /// A row for each number of callers.
    func measure() async throws -> [[String]] {
        let client = PostgresClient(server.configuration(schema: "history"))
        try await client.migrate([PostgresHistory.schema])
        let history = PostgresHistory(client: client)
        var times: [Int: [PairTimes]] = [:]
        for callers in callerCounts { _ = try await run(history, callers: callers, for: span / 4) }
        for round in 1...rounds {
            progress("answers, round \(round) of \(rounds)")
            for callers in callerCounts {
                times[callers, default: []].append(try await run(history, callers: callers, for: span))
            }
        }
        await history.close()
        await client.close()
        return callerCounts.map { callers in
            let rounds = times[callers] ?? []
            return [
                "\(callers)", Table.decimal(Table.median(rounds.map(\.pairsPerSecond)), places: 0),
                Table.decimal(Table.median(rounds.map { $0.pair.percentile(50) }), places: 2),
                Table.decimal(Table.median(rounds.map { $0.pair.percentile(99) }), places: 2),
            ]
        }
    }

    @concurrent
    private func run(
        _ history: PostgresHistory, callers: Int, for span: Duration
    ) async throws -> PairTimes {
        let recorder = PairRecorder()
        let last = ContinuousClock.now + span
        try await withThrowingDiscardingTaskGroup { group in
            for _ in 0..<callers {
                group.addTask {
                    while .now < last {
                        let id = UUID().uuidString
                        let end = RunEnd.done(Self.output, pipeline: "p", costNanoUSD: 2_982_000)
                        let begun = ContinuousClock.now
                        _ = try await history.finish(id: id, end)
                        let took = begun.duration(to: .now)
                        recorder.record(first: took, pair: took)
                    }
                }
            }
        }
        return recorder.finish()
    }

    /// As large as the first application's own: an answer of some sentences on four passages.
    private static let output = Data(
        """
        {"answer":"\(String(repeating: "Because. ", count: 60))","passages":[\(
            (0..<4).map { "{\"id\":\"\($0)\",\"text\":\"\(String(repeating: "Some words. ", count: 60))\"}" }
                .joined(separator: ","))],"question":"\(String(repeating: "Why? ", count: 40))"}
        """.utf8)
}
