import FoundationEssentials
import GRDB
package import History
import SQLite

/// Export, retention and deletion.
extension SQLiteHistory {
    /// How many runs one transaction deletes, so that nobody waits long for the file.
    private static let deletedAtOnceMax = 500

    package func runs(
        after position: Int64, tenant: String?, atMost count: Int
    ) async throws -> [(position: Int64, record: RunRecord)] {
        try await store.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT rowid AS position, * FROM runs WHERE rowid > ? AND (? IS NULL OR tenant = ?)
                    ORDER BY rowid LIMIT ?
                    """, arguments: [position, tenant, tenant, max(0, count)]
            ).compactMap { row in
                try Self.record(row, db: db).map { (row["position"], $0) }
            }
        }
    }

    package func deleteRuns(of tenant: String) async throws -> (deleted: Int, underWay: Int) {
        let deleted = try await deleteRuns("finished_at_ms IS NOT NULL AND tenant = ?", [tenant])
        let underWay = try await store.read { db in
            try Int.fetchOne(
                db, sql: "SELECT count(*) FROM runs WHERE tenant = ? AND finished_at_ms IS NULL", arguments: [tenant])
        }
        return (deleted, underWay ?? 0)
    }

    package func deleteRuns(olderThan age: Duration) async throws -> Int {
        let oldest = try await instant().addingTimeInterval(-(age / .seconds(1)))
        return try await deleteRuns("finished_at_ms < ?", [oldest.milliseconds])
    }

    private func deleteRuns(_ condition: String, _ arguments: StatementArguments) async throws -> Int {
        var total = 0
        while true {
            let deleted = try await store.commit { db in
                let ids = try String.fetchAll(
                    db, sql: "SELECT id FROM runs WHERE \(condition) LIMIT \(Self.deletedAtOnceMax)",
                    arguments: arguments)
                for id in ids {
                    try db.execute(sql: "DELETE FROM stages WHERE run_id = ?", arguments: [id])
                    try db.execute(sql: "DELETE FROM lone_runs WHERE run_id = ?", arguments: [id])
                    try db.execute(sql: "DELETE FROM runs WHERE id = ?", arguments: [id])
                }
                return ids.count
            }
            total += deleted
            if deleted < Self.deletedAtOnceMax { return total }
        }
    }
}
