import FoundationEssentials
import GRDB
package import SQLite

/// Whether a real model is asked on a data file: then its questions and its money are no play.
///
/// A model's stand-in answers whatever waits in the file's queue and charges its ledger likewise, so that it has to know.
package struct RealModelNote: Sendable {
    /// When the real model was asked first; empty where none was.
    package static let schema = Schema(
        name: "model",
        migrations: [
            { database in
                try database.execute(
                    sql: """
                        CREATE TABLE real_model (
                            is_only INTEGER PRIMARY KEY CHECK (is_only = 1),
                            first_ms INTEGER NOT NULL
                        ) STRICT
                        """)
            }
        ])

    private let store: SQLiteStore

    /// The note of a file.
    package init(store: SQLiteStore) { self.store = store }

    /// Whether a real model was ever asked there.
    ///
    /// - Throws: ``SQLiteStoreError``.
    package func isThere() async throws -> Bool {
        try await store.read { try Bool.fetchOne($0, sql: "SELECT EXISTS (SELECT 1 FROM real_model)") ?? false }
    }

    /// Takes note that a real model is asked from now on.
    ///
    /// - Throws: ``SQLiteStoreError``.
    package func write() async throws {
        guard try await !isThere() else { return }
        try await store.commit { database in
            try database.execute(
                sql: "INSERT OR IGNORE INTO real_model VALUES (1, ?)",
                arguments: [Int64((Date.now.timeIntervalSince1970 * 1000).rounded())])
        }
    }
}
