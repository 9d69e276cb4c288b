import Foundation
import Measuring
import SQLite
import SpendingSQLite

/// Callers on an SQLite ledger in a folder of its own.
struct SQLitePairs {
    let governed: GovernedPairs
    private let store: SQLiteStore

    init(folder: URL) throws {
        store = try SQLiteStore.open(folder: folder.path, schemas: [SQLiteLedger.schema])
        governed = GovernedPairs(ledger: try SQLiteLedger(store: store))
    }

    func close() throws { try store.close() }
}
