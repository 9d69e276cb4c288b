import SQLite
import SpendingCompat
import SpendingSQLite
import TestSupport
import Testing

@Suite("Processes that are killed", .timeLimit(.minutes(20)))
struct CrashTests {
    @Test("leave a ledger that is sound at once, with every call that was sent charged exactly once")
    func kill() async throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let store = try SQLiteStore.open(folder: folder.path, schemas: [SQLiteLedger.schema])
        let ledger = try SQLiteLedger(store: store)
        // Nobody waits for a lease.
        try await LedgerCrashCampaign(location: folder.path, ledger: ledger).run(afterwards: ledger)
    }
}
