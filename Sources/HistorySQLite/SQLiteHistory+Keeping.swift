import FoundationEssentials
import GRDB
package import History
import SQLite

/// Export, retention and deletion.
extension SQLiteHistory {
    /// How many questions one transaction deletes, so that nobody waits long for the file.
    private static let deletedAtOnceMax = 500

    package func questions(
        after position: Int64, tenant: String?, atMost count: Int
    ) async throws -> [(position: Int64, record: QuestionRecord)] {
        try await store.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT rowid AS position, * FROM questions WHERE rowid > ? AND (? IS NULL OR tenant = ?)
                    ORDER BY rowid LIMIT ?
                    """, arguments: [position, tenant, tenant, max(0, count)]
            ).compactMap { row in
                try Self.record(row, db: db).map { (row["position"], $0) }
            }
        }
    }

    package func deleteQuestions(of tenant: String) async throws -> (deleted: Int, underWay: Int) {
        let deleted = try await deleteQuestions("state <> 'accepted' AND tenant = ?", [tenant])
        let underWay = try await store.read { db in
            try Int.fetchOne(
                db, sql: "SELECT count(*) FROM questions WHERE tenant = ? AND state = 'accepted'", arguments: [tenant])
        }
        return (deleted, underWay ?? 0)
    }

    package func deleteQuestions(olderThan age: Duration) async throws -> Int {
        let oldest = try await instant().addingTimeInterval(-(age / .seconds(1)))
        return try await deleteQuestions("finished_at_ms < ?", [oldest.milliseconds])
    }

    private func deleteQuestions(_ condition: String, _ arguments: StatementArguments) async throws -> Int {
        var total = 0
        while true {
            let deleted = try await store.commit { db in
                let ids = try String.fetchAll(
                    db, sql: "SELECT id FROM questions WHERE \(condition) LIMIT \(Self.deletedAtOnceMax)",
                    arguments: arguments)
                for id in ids {
                    try db.execute(sql: "DELETE FROM stages WHERE question_id = ?", arguments: [id])
                    try db.execute(sql: "DELETE FROM lone_runs WHERE question_id = ?", arguments: [id])
                    try db.execute(sql: "DELETE FROM questions WHERE id = ?", arguments: [id])
                }
                return ids.count
            }
            total += deleted
            if deleted < Self.deletedAtOnceMax { return total }
        }
    }
}
