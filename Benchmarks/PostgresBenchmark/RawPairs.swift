import Foundation
import Measuring
import Postgres
import PostgresTestServer
import TestSupport

/// The baseline: pgbench, which commits one row at a time on each of its connections.
struct RawPairs {
    private let server: PostgresTestServer
    private let script: String

    init(server: PostgresTestServer) async throws {
        self.server = server
        script = "\(server.folder)/raw.sql"
        let client = PostgresClient(server.configuration(), connectionsMax: 1)
        try await client.run(
            PostgresStatement(
                """
                CREATE TABLE public.entries (id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY, call text NOT NULL,
                    amount int8 NOT NULL)
                """))
        await client.close()
        let insert = "INSERT INTO public.entries (call, amount) VALUES (gen_random_uuid()::text, 5000000);\n"
        try Data((insert + insert).utf8).write(to: URL(filePath: script))
    }

    /// Commits so many pairs; a time is not to be had, because the signal that would end it is blocked in our children.
    ///
    /// - Returns: How many a second, and the latency of the slowest hundredth in milliseconds.
    func run(callers: Int, pairs: Int) async throws -> (perSecond: Double, p99: Double) {
        let log = "\(server.folder)/pgbench"
        let threads = min(callers, ProcessInfo.processInfo.activeProcessorCount)
        try await ChildProcess.run([
            try PostgresTestServer.program("pgbench"), "-n", "-M", "prepared", "-c", "\(callers)", "-j", "\(threads)",
            "-t", "\(max(1, pairs / callers))", "-f", script, "-l", "--log-prefix=\(log)", server.url(),
        ])
        var microseconds: [Double] = []
        var (first, last) = (Double.infinity, 0.0)
        for file in try FileManager.default.contentsOfDirectory(atPath: server.folder)
        where file.hasPrefix("pgbench.") {
            let path = "\(server.folder)/\(file)"
            for line in try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n") {
                // Client, number, latency, script, and when it ended: seconds and microseconds.
                let fields = line.split(separator: " ").compactMap { Double($0) }
                guard fields.count >= 6 else { continue }
                microseconds.append(fields[2])
                let end = fields[4] + fields[5] / 1_000_000
                (first, last) = (min(first, end - fields[2] / 1_000_000), max(last, end))
            }
            try FileManager.default.removeItem(atPath: path)
        }
        microseconds.sort()
        let p99 = microseconds.isEmpty ? .nan : microseconds[microseconds.count * 99 / 100] / 1000
        return (Double(microseconds.count) / (last - first), p99)
    }
}
