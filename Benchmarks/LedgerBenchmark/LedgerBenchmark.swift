import ArgumentParser
import BenchmarkSupport
import Foundation

/// Measures the governor on its SQLite ledger against the same database without a governor.
@main
struct LedgerBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "benchmark",
        abstract: "Measure reservations and settlements on the SQLite ledger.",
        discussion: """
            All figures come from one run, so that they can be compared with each other; those of another machine or
            day cannot. A pair is a reservation and its settlement, both flushed to the disk when they return. A raw
            pair is two one-row commits through the same library, to a database with the same settings, by one writer.
            """)

    @Flag(help: "Measure for a moment, on a short journal: shows that it works, not how fast.")
    var quick = false

    @Option(help: ArgumentHelp("Where the databases are made and removed.", valueName: "path"))
    var folder = FileManager.default.temporaryDirectory.path

    func run() async throws {
        let scratch = URL(filePath: folder).appending(path: "sluice-benchmark-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        // What stays in a temporary folder harms nobody, and an error of the measurement is worth more than this one.
        defer { try? FileManager.default.removeItem(at: scratch) }
        let plan = quick ? Plan.quick : Plan.full
        var report = Report(machine: Machine.current(folder: folder), plan: plan)
        try await Throughput(plan: plan, folder: scratch).measure(into: &report)
        try await LongJournal(plan: plan, folder: scratch).measure(into: &report)
        print(report.text)
    }
}

/// How long and how much is measured.
struct Plan {
    /// Each row of the throughput table is the median of so many rounds, which follow each other in turn, so that a
    /// disturbance of the machine does not hit one row alone.
    let rounds: Int
    /// One measurement of one row.
    let span: Duration
    /// Entries of the long journal, two a pair.
    let journalEntries: Int

    static let full = Plan(rounds: 5, span: .seconds(2), journalEntries: 1_000_000)
    static let quick = Plan(rounds: 1, span: .milliseconds(300), journalEntries: 10_000)
}
