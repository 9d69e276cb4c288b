import BenchmarkSupport
import Foundation
import Measuring

/// What a long journal costs: memory, and the time of a reservation.
///
/// The ledger fills itself, with as many callers as share a commit, so that the rows are its own whatever its tables
/// are; the resident memory is read on the way.
struct LongJournal {
    private static let fillers = 256
    private static let steps = 10
    private static let callers = [1, 16]

    let plan: Plan
    let folder: URL

    func measure(into report: inout Report) async throws {
        let long = try SQLitePairs(folder: folder.appending(path: "long"))
        // Caches and threads are there before the memory counts.
        let warmUp = plan.journalEntries / 100
        _ = try await long.governed.run(callers: Self.fillers, pairs: warmUp / 2)
        report.memory.append(Report.memoryRow(entries: warmUp, times: nil))
        let pairs = (plan.journalEntries - warmUp) / 2 / Self.steps
        for step in 1...Self.steps {
            progress("journal, step \(step) of \(Self.steps)")
            let times = try await long.governed.run(callers: Self.fillers, pairs: pairs)
            report.memory.append(Report.memoryRow(entries: warmUp + step * pairs * 2, times: times))
        }
        let empty = try SQLitePairs(folder: folder.appending(path: "empty"))
        var emptyRounds: [Int: [PairTimes]] = [:]
        var longRounds: [Int: [PairTimes]] = [:]
        for callers in Self.callers { _ = try await empty.governed.run(callers: callers, for: plan.span / 8) }
        for round in 1...plan.rounds {
            progress("reservations on empty and long journal, round \(round) of \(plan.rounds)")
            for callers in Self.callers {
                // A second each at most, so that the empty one stays nearly so.
                let span = min(plan.span, .seconds(1))
                emptyRounds[callers, default: []].append(try await empty.governed.run(callers: callers, for: span))
                longRounds[callers, default: []].append(try await long.governed.run(callers: callers, for: span))
            }
        }
        let entries = [try await empty.governed.verifiedEntries(), try await long.governed.verifiedEntries()]
        try empty.close()
        try long.close()
        for callers in Self.callers {
            for (name, rounds, entries) in [
                ("short", emptyRounds[callers] ?? [], entries[0]), ("long", longRounds[callers] ?? [], entries[1]),
            ] {
                report.reservations.append(
                    Report.reservationRow("\(name), \(callers) caller\(callers == 1 ? "" : "s")", rounds, entries))
            }
        }
    }
}
