import BenchmarkSupport
import Foundation
import Measuring

/// The tables that are printed.
struct Report {
    let machine: Machine
    let plan: Plan
    var throughput: [[String]] = []
    var memory: [[String]] = []
    var reservations: [[String]] = []

    static func row(_ name: String, _ rounds: [PairTimes], raw: [PairTimes]) -> [String] {
        let rates = rounds.map(\.pairsPerSecond)
        // Each round against the baseline of its own round.
        let ratio = Table.median(zip(rates, raw).map { $0 / $1.pairsPerSecond })
        return [name, Table.decimal(Table.median(rates), places: 0), Table.decimal(ratio, places: 2)]
            + latencies(rounds, \.pair)
            + latencies(rounds, \.first)
            + [Table.decimal(Table.median(rounds.map(\.processorMicrosecondsPerPair)), places: 0)]
    }

    static func memoryRow(entries: Int, times: PairTimes?) -> [String] {
        [
            String(entries), Table.decimal(Machine.residentMiB(), places: 1),
            times.map { Table.decimal($0.pairsPerSecond, places: 0) } ?? "",
        ]
    }

    static func reservationRow(_ name: String, _ rounds: [PairTimes], _ entries: Int) -> [String] {
        [name, String(entries)] + latencies(rounds, \.first)
            + [Table.decimal(Table.median(rounds.map(\.pairsPerSecond)), places: 0)]
    }

    var text: String {
        """
        \(machine.description)
        run          \(plan.rounds) rounds of \(plan.span) a row; medians of the rounds

        Pairs of reservation and settlement, each durable when it returns (latencies in ms)
        \(Table.text(
            ["", "pairs/s", "x raw", "pair p50", "pair p99", "reserve p50", "reserve p99", "cpu us/pair"], throughput))

        Resident memory while 256 callers fill one journal
        \(Table.text(["entries", "VmRSS MiB", "pairs/s"], memory))

        Reservations on a short and a long journal (latencies in ms)
        \(Table.text(["journal", "entries", "reserve p50", "reserve p99", "pairs/s"], reservations))
        """
    }

    private static func latencies(_ rounds: [PairTimes], _ part: KeyPath<PairTimes, Latencies>) -> [String] {
        [50, 99].map { percentile in
            Table.decimal(Table.median(rounds.map { $0[keyPath: part].percentile(percentile) }), places: 2)
        }
    }
}
