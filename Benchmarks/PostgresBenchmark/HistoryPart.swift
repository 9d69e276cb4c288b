import BenchmarkSupport
import Foundation
import FunctionKit
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
        let end = ContinuousClock.now + span
        try await withThrowingDiscardingTaskGroup { group in
            for _ in 0..<callers {
                group.addTask {
                    while .now < end {
                        let answer = Self.answer(UUID().uuidString)
                        let begun = ContinuousClock.now
                        _ = try await history.store(answer)
                        let took = begun.duration(to: .now)
                        recorder.record(first: took, pair: took)
                    }
                }
            }
        }
        return recorder.finish()
    }

    /// As large as the pipeline's own: an answer of some sentences on four passages.
    private static func answer(_ id: String) -> AnsweredQuestion {
        AnsweredQuestion(
            id: id, question: String(repeating: "Why? ", count: 40), answer: String(repeating: "Because. ", count: 60),
            citations: [Citation(id: "defective-goods", heading: "Goods with a defect")],
            passages: (0..<4).map {
                Passage(
                    id: "passage-\($0)", heading: "A heading", text: String(repeating: "Some words. ", count: 60),
                    score: 4.5)
            }, isDegraded: false, usage: TokenUsage(inputTokens: 700, outputTokens: 180), costNanoUSD: 2_982_000,
            model: "meta.llama3-70b-instruct-v1:0")
    }
}
