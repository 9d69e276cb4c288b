import ArgumentParser
import BudgetReport
import Documents
import Foundation
import SQLite
import Spending
import SpendingSQLite

/// Measures what an owner waits for on a long ledger.
@main
struct ReportBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "benchmark report",
        abstract: "Measure reports on a ledger of many entries.",
        discussion: """
            Another process fills the ledger, over 92 days of its own clock, so that the memory is the reading's alone. Each
            time is the median of the rounds, from opening the file to the last byte of the table; all run in one process.
            """)

    @Option(help: "How many journal entries the ledger has.")
    var entries = 1_000_000

    @Option(help: "How often each report is made.")
    var rounds = 7

    @Flag(help: "Measure on a short ledger: shows that it works, not how fast.")
    var quick = false

    @Option(help: ArgumentHelp("Where the ledger is made and removed.", valueName: "path"))
    var folder = FileManager.default.temporaryDirectory.path

    @Option(help: .hidden)
    var fill: String?

    func run() async throws {
        let count = quick ? 10_000 : entries
        if let fill {
            try await LongLedger(folder: fill).fill(entries: count)
            return
        }
        let scratch = URL(filePath: folder).appending(path: "sluice-report-\(UUID().uuidString)")
        // What stays in a temporary folder harms nobody, and an error of the measurement is worth more than this one.
        defer { try? FileManager.default.removeItem(at: scratch) }
        try fillElsewhere(scratch.path, count)
        let before = Self.residentMiB()
        let ledger = LongLedger(folder: scratch.path)
        var rows: [(String, [Duration])] = []
        for measured in LongLedger.Measured.allCases {
            var times: [Duration] = []
            for _ in 0..<(quick ? 1 : rounds) {
                let start = ContinuousClock.now
                _ = try await ledger.document(measured).rendered(as: .table)
                times.append(.now - start)
            }
            rows.append((measured.name, times.sorted()))
        }
        print("A ledger of \(count) entries; \(rows.first?.1.count ?? 0) rounds each, in milliseconds\n")
        for (name, times) in rows {
            let figures = [times[times.count / 2], times[times.count - 1]].map {
                String(format: "%8.1f", $0 / .milliseconds(1))
            }
            print(
                "\(name.padding(toLength: 24, withPad: " ", startingAt: 0)) median \(figures[0])   slowest \(figures[1])"
            )
        }
        print(
            String(format: "\nresident before %.1f MiB, most afterwards %.1f MiB", before, Self.residentMiB(peak: true))
        )
    }

    private func fillElsewhere(_ folder: String, _ count: Int) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = ["--fill", folder, "--entries", "\(count)"]
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw ExitCode(process.terminationStatus) }
    }

    /// The process's resident memory as the kernel counts it.
    private static func residentMiB(peak: Bool = false) -> Double {
        let text = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix(peak ? "VmHWM:" : "VmRSS:") }
        return line?.split(whereSeparator: { !$0.isNumber }).first.flatMap { Double($0) }.map { $0 / 1024 } ?? .nan
    }
}
