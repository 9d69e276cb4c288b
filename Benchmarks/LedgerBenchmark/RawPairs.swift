import Foundation
import GRDB
import Measuring
import SQLite

/// The baseline: one writer that commits one row at a time, to a database with the settings of the ledger's.
struct RawPairs {
    private let pool: DatabasePool

    init(folder: URL) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        pool = try DatabasePool(path: folder.appending(path: "raw.sqlite").path)
        try pool.writeWithoutTransaction { database in
            // Twice: GRDB itself sets NORMAL when it opens the file.
            try database.execute(sql: "PRAGMA synchronous = FULL")
            try database.execute(sql: "PRAGMA wal_autocheckpoint = \(SQLiteStore.logPages)")
            try database.execute(
                sql: "CREATE TABLE entries (id INTEGER PRIMARY KEY, call TEXT NOT NULL, amount INTEGER NOT NULL) STRICT"
            )
        }
    }

    /// Commits pairs for a while.
    ///
    /// - Returns: How long each pair took.
    @concurrent
    func run(for span: Duration) async throws -> PairTimes {
        let pool = pool
        let recorder = PairRecorder()
        let clock = ContinuousClock()
        let start = clock.now
        var now = start
        while start.duration(to: now) < span {
            let call = UUID().uuidString
            let begun = clock.now
            try Self.commit(call, amount: 5_000_000, to: pool)
            let half = clock.now
            try Self.commit(call, amount: -5_000_000, to: pool)
            now = clock.now
            recorder.record(first: begun.duration(to: half), pair: begun.duration(to: now))
        }
        return recorder.finish()
    }

    // Synchronous: the task's thread waits itself, as the fastest lone writer would.
    private static func commit(_ call: String, amount: Int64, to pool: DatabasePool) throws {
        try pool.write { database in
            try database.cachedStatement(sql: "INSERT INTO entries (call, amount) VALUES (?, ?)")
                .execute(arguments: [call, amount])
        }
    }

    func close() throws { try pool.close() }
}
