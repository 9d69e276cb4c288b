import Foundation

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
        let ratio = median(zip(rates, raw).map { $0 / $1.pairsPerSecond })
        return [name, decimal(median(rates), places: 0), decimal(ratio, places: 2)] + latencies(rounds, \.pair)
            + latencies(rounds, \.first)
            + [decimal(median(rounds.map(\.processorMicrosecondsPerPair)), places: 0)]
    }

    static func memoryRow(entries: Int, times: PairTimes?) -> [String] {
        [
            String(entries), decimal(Machine.residentMiB(), places: 1),
            times.map { decimal($0.pairsPerSecond, places: 0) } ?? "",
        ]
    }

    static func reservationRow(_ name: String, _ rounds: [PairTimes], _ entries: Int) -> [String] {
        [name, String(entries)] + latencies(rounds, \.first)
            + [decimal(median(rounds.map(\.pairsPerSecond)), places: 0)]
    }

    var text: String {
        """
        \(machine.description)
        run          \(plan.rounds) rounds of \(plan.span) a row; medians of the rounds

        Pairs of reservation and settlement, each durable when it returns (latencies in ms)
        \(Self.table(
            ["", "pairs/s", "x raw", "pair p50", "pair p99", "reserve p50", "reserve p99", "cpu us/pair"], throughput))

        Resident memory while 256 callers fill one journal
        \(Self.table(["entries", "VmRSS MiB", "pairs/s"], memory))

        Reservations on a short and a long journal (latencies in ms)
        \(Self.table(["journal", "entries", "reserve p50", "reserve p99", "pairs/s"], reservations))
        """
    }

    private static func latencies(_ rounds: [PairTimes], _ part: KeyPath<PairTimes, Latencies>) -> [String] {
        [50, 99].map { percentile in
            decimal(median(rounds.map { $0[keyPath: part].percentile(percentile) }), places: 2)
        }
    }

    private static func decimal(_ value: Double, places: Int) -> String {
        String(format: "%.\(places)f", value)
    }

    private static func table(_ head: [String], _ rows: [[String]]) -> String {
        let rows = [head] + rows
        let widths = head.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            row.indices.map { column in
                let padding = String(repeating: " ", count: widths[column] - row[column].count)
                return column == 0 ? row[column] + padding : padding + row[column]
            }.joined(separator: "  ")
        }.joined(separator: "\n")
    }
}
