import CivilTime
import Foundation
import FunctionKit
import GRDB
import SQLite
import Spending
import SpendingCompat
import SpendingSQLite
import TestSupport
import Testing

@Suite("A ledger's file", .timeLimit(.minutes(1)))
struct LedgerFileTests {
    private let folder: TemporaryFolder
    private let clock = ManualClock("2026-11-23T10:00:00Z")

    init() throws { folder = try TemporaryFolder() }

    private func open(lockSeconds: Double = 10) throws -> (SQLiteStore, CostGovernor) {
        let store = try SQLiteStore.open(
            folder: folder.path, schemas: [SQLiteLedger.schema], lockSeconds: lockSeconds)
        return (store, SpendFixture.governor(try SQLiteLedger(store: store, now: clock.now)))
    }

    private func unavailable(_ body: () async throws -> Void) async -> String {
        let error = await #expect(throws: GovernorError.self) { try await body() }
        guard case .ledgerUnavailable(let reason) = error else { return "another error" }
        return reason
    }

    @Test("of the first version is brought up to date without losing a row")
    func migrates() async throws {
        let first = Schema(name: "spending", migrations: Array(SQLiteLedger.schema.migrations.prefix(1)))
        let old = try SQLiteStore.open(folder: folder.path, schemas: [first])
        let at = try #require(instant("2026-11-23T09:00:00Z")).timeIntervalSince1970 * 1000
        let day = try #require(instant("2026-11-23T00:00:00Z")).timeIntervalSince1970 * 1000
        try await old.commit { [at = Int64(at), day = Int64(day)] database in
            try database.execute(
                sql: """
                    INSERT INTO journal VALUES
                        (1, \(at), 'reserve', 1, \(at), 'a', 'llm-connector', 0, 'd', 'bedrock', 'ap-south-1', 'llama',
                            NULL, 0, NULL, NULL, 0, 40),
                        (2, \(at), 'settle', 1, \(at), 'a', 'llm-connector', 0, 'd', 'bedrock', 'ap-south-1', 'llama',
                            NULL, 0, 7, 3, 10, -40),
                        (3, \(at), 'reserve', 3, \(at), 'b', 'llm-connector', 0, 'd', 'bedrock', 'ap-south-1', 'llama',
                            'acme', 0, NULL, NULL, 0, 20);
                    INSERT INTO hold_budgets VALUES (1, 'daily', \(day), 100), (3, 'daily', \(day), 100);
                    INSERT INTO counters VALUES ('daily', \(day), 10, 20);
                    INSERT INTO holds VALUES (3, 'b', 'llm-connector', 0, 'd', 'ledger-of-one-who-died', 0, 20, 0);
                    INSERT INTO responses VALUES ('a', 'llm-connector', 0, 'd', \(at), 7, 3, 10, x'616263');
                    INSERT INTO breaches VALUES (9, 'bedrock', 'ap-south-1', 'other', 1, 1, 0, 5, 0);
                    """)
        }
        try old.close()
        let (store, governor) = try open()
        let sound = try await governor.verify()
        #expect(sound.isSound && sound.entries == 3)
        guard case .settled(let settlement) = try await governor.reserve(SpendFixture.call("a")) else {
            Issue.record("it was not settled")
            return
        }
        #expect(settlement.response == Data("abc".utf8) && settlement.model == nil)
        await #expect(throws: GovernorError.boundBreached(SpendFixture.otherModel)) {
            try await governor.outcome(SpendFixture.call("c", model: SpendFixture.otherModel, bytes: 1))
        }
        // The hold of the one who died is charged, and all goes on.
        #expect(try await governor.spent() == 30)
        #expect(try await governor.heldAmount() == 0)
        let entries = try await JournalReplay(of: governor).entries
        #expect(entries.map(\.kind) == [.reserve, .settle, .reserve, .orphan])
        #expect(entries[1].usage == TokenUsage(inputTokens: 7, outputTokens: 3) && entries[1].rates == nil)
        #expect(entries[3].tenant == "acme" && entries[3].spent == Money(nanoUSD: 20))
        #expect(entries.map(\.holdID.description) == ["1", "1", "3", "3"])
        #expect(try await governor.doubts(of: SpendFixture.call("b")).ofCall == 1)
        // Reports know the old calls.
        let sums = try await SQLiteLedger(store: store).spending(
            SpendQuery(span: .distantPast ..< .distantFuture, grouping: .tenant))
        #expect(sums.map(\.key) == [.tenant(nil), .tenant("acme")])
        #expect(sums.map(\.amounts.spent.nanoUSD) == [10, 20] && sums.map(\.amounts.questions) == [1, 0])
        try await governor.pay(SpendFixture.call("d"), tokens: 5)
        #expect(try await governor.verify().differences.isEmpty)
    }

    @Test("of a newer program is refused, and is not changed")
    func newer() async throws {
        let newer = Schema(
            name: "spending",
            migrations: SQLiteLedger.schema.migrations + [{ try $0.execute(sql: "CREATE TABLE later (x)") }])
        try SQLiteStore.open(folder: folder.path, schemas: [newer]).close()
        #expect(
            throws: SQLiteStoreError.newer(
                file: "\(folder.path)/sluice.sqlite", migration: "spending.\(SQLiteLedger.schema.migrations.count + 1)")
        ) {
            _ = try open()
        }
        try SQLiteStore.open(folder: folder.path, schemas: [newer]).close()
    }

    @Test("on a full disk refuses to hold, and charges in full what it could not settle")
    func full() async throws {
        let (store, governor) = try open()
        let reservation = try await governor.held(SpendFixture.call("a", bytes: 40))
        // SQLite's own limit stands for the disk's: <https://www.sqlite.org/pragma.html#pragma_max_page_count>.
        try await store.commit { database in
            let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
            _ = try Int.fetchOne(database, sql: "PRAGMA max_page_count = \(pages)")
        }
        let response = Data(repeating: 0, count: 100_000)
        do {
            _ = try await governor.settle(
                reservation, usage: TokenUsage(inputTokens: 1, outputTokens: 0), response: response)
            Issue.record("it was settled")
        } catch {
            #expect("\(error)".contains("the disk of \(folder.path)/sluice.sqlite is full"))
        }
        var refused = ""
        for number in 0..<200 where refused.isEmpty {
            do {
                try await governor.chargeInFull(governor.held(SpendFixture.call("b\(number)", bytes: 0)))
            } catch {
                refused = "\(error)"
            }
        }
        #expect(refused.contains("no call is paid for without the ledger: the disk of \(folder.path)"))
        try await store.commit { _ = try Int.fetchOne($0, sql: "PRAGMA max_page_count = 1000000") }
        #expect(try await governor.spent() == 40)
        #expect(try await governor.heldAmount() == 0)
        #expect(try await governor.verify().differences.isEmpty)
    }

    @Test("that another program locks refuses within its time, and goes on afterwards")
    func locked() async throws {
        let (_, governor) = try open(lockSeconds: 0.1)
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: "\(folder.path)/sluice.sqlite", configuration: configuration)
        try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        let reason = await unavailable { _ = try await governor.outcome(SpendFixture.call()) }
        #expect(reason == "\(folder.path)/sluice.sqlite is locked by another program; close that one and try again")
        try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        #expect(try await governor.outcome(SpendFixture.call()) == "held")
    }

    @Test("that is damaged while it is open refuses, and says which file")
    func damaged() async throws {
        let (store, governor) = try open()
        try await governor.pay(SpendFixture.call("a", bytes: 10), tokens: 10)
        try store.close()
        try await DatabaseQueue(path: "\(folder.path)/sluice.sqlite").writeWithoutTransaction {
            // Into the file itself: what the log holds is not lost with it.
            _ = try Row.fetchOne($0, sql: "PRAGMA wal_checkpoint(TRUNCATE)")
        }
        let file = URL(filePath: "\(folder.path)/sluice.sqlite")
        let whole = try Data(contentsOf: file)
        // The file's head is whole, so that it opens; what the counters are in is not.
        var broken = whole
        broken.replaceSubrange(8192..., with: repeatElement(0x55, count: whole.count - 8192))
        try broken.write(to: file)
        let reason: String
        do {
            let (_, governor) = try open()
            reason = await unavailable { _ = try await governor.outcome(SpendFixture.call("b")) }
        } catch {
            reason = "\(error)"
        }
        #expect(
            reason == "\(file.path) is damaged or no data file of sluice; restore it from a copy or move it away")
        #expect(try Data(contentsOf: file) == broken)
        try whole.write(to: file)
        let (_, again) = try open()
        #expect(try await again.spent() == 10)
    }
}
