import BenchmarkSupport
import Foundation
import Measuring

/// Pairs a second and their latencies, raw and governed.
struct Throughput {
    static let callers = [1, 16, 256]

    let plan: Plan
    let folder: URL

    func measure(into report: inout Report) async throws {
        let raw = try RawPairs(folder: folder.appending(path: "raw"))
        var rawRounds: [PairTimes] = []
        var governedRounds: [Int: [PairTimes]] = [:]
        let ledgers = try Self.callers.map { callers in
            (callers, try SQLitePairs(folder: folder.appending(path: "callers-\(callers)")))
        }
        // Compiled statements, the database's caches and the thread pool are there before anything counts.
        _ = try await raw.run(for: plan.span / 4)
        for (callers, ledger) in ledgers { _ = try await ledger.governed.run(callers: callers, for: plan.span / 4) }
        for round in 1...plan.rounds {
            progress("throughput, round \(round) of \(plan.rounds)")
            rawRounds.append(try await raw.run(for: plan.span))
            for (callers, ledger) in ledgers {
                governedRounds[callers, default: []].append(
                    try await ledger.governed.run(callers: callers, for: plan.span))
            }
        }
        try raw.close()
        for (_, ledger) in ledgers { try ledger.close() }
        report.throughput.append(Report.row("raw, 1 writer", rawRounds, raw: rawRounds))
        for (callers, _) in ledgers {
            report.throughput.append(
                Report.row(
                    "\(callers) caller\(callers == 1 ? "" : "s")", governedRounds[callers] ?? [], raw: rawRounds))
        }
    }
}
