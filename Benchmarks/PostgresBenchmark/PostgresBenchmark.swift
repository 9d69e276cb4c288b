import ArgumentParser
import BenchmarkSupport
import Foundation
import Measuring
import PostgresTestServer

/// Measures the governor and the history on PostgreSQL against the same server without them.
@main
struct PostgresBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "benchmark postgres",
        abstract: "Measure reservations, settlements and answers on PostgreSQL.",
        discussion: """
            All figures come from one run on one server, which the benchmark starts and ends, so that they can be
            compared with each other; those of another machine or day cannot. A pair is a reservation and its
            settlement, both flushed to the disk when they return. A raw pair is two one-row commits by pgbench, with
            prepared statements and a connection for each caller.
            """)

    @Flag(help: "Measure for a moment: shows that it works, not how fast.")
    var quick = false

    @Option(help: ArgumentHelp("Where the server's files are made and removed.", valueName: "path"))
    var folder = FileManager.default.temporaryDirectory.path

    func run() async throws {
        let machine = Machine.current(folder: folder)
        let (rounds, span) = quick ? (1, Duration.milliseconds(300)) : (5, .seconds(2))
        let server = try await PostgresTestServer(
            folder: "\(folder)/sluice-benchmark-\(UUID().uuidString.prefix(8).lowercased())",
            // As many connections as pgbench has callers; no checkpoint within a row, or one in every row.
            settings: ["max_connections": "300", "shared_buffers": "256MB", "max_wal_size": "8GB"])
        let pairs = try await LedgerPart(server: server, rounds: rounds, span: span).measure()
        let writes = try await HistoryPart(server: server, rounds: rounds, span: span).measure()
        await server.stop()
        print(
            """
            \(machine.description)
            run          \(rounds) rounds of \(span) a row; medians of the rounds

            Pairs of reservation and settlement, each durable when it returns (latencies in ms)
            \(Table.text(["callers", "raw pairs/s", "raw p99", "pairs/s", "x raw", "p50", "p99", "cpu us/pair"], pairs))

            Answers stored, each durable when it returns (latencies in ms)
            \(Table.text(["callers", "answers/s", "p50", "p99"], writes))
            """)
    }
}

/// How many ask at once.
let callerCounts = [1, 16, 256]
