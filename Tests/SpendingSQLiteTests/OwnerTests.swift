import Foundation
import FunctionKit
import SQLite
import Spending
import SpendingCompat
import SpendingSQLite
import TestSupport
import Testing

@Suite("Holds and what changes under them", .timeLimit(.minutes(1)))
struct OwnerTests {
    let clock = ManualClock("2026-11-23T10:00:00Z")

    @Test("a hold lives as long as its owner can be seen, and is an orphan the moment the owner is gone")
    func owners() async throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let store = try SQLiteStore.open(folder: folder.path, schemas: [SQLiteLedger.schema])
        let governor = SpendFixture.governor(try SQLiteLedger(store: store, now: clock.now))
        try await holdAndLeave(folder.path) { () async throws in
            clock.advance(seconds: 600)
            #expect(try await governor.outcome(SpendFixture.call()) == "in flight")
            #expect(try await governor.heldAmount() == 40)
        }
        #expect(try await governor.heldAmount() == 0)
        #expect(try await governor.spent() == 40)
        #expect(try await governor.outcome(SpendFixture.call()) == "held")
        #expect(try await governor.verify().differences.isEmpty)
    }

    @Test("a hold's number may come again after an older copy was put back, its name does not, and no end meets it")
    func restored() async throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let data = folder.url.appending(path: "data")
        func open() throws -> (SQLiteStore, SQLiteLedger) {
            let store = try SQLiteStore.open(folder: data.path, schemas: [SQLiteLedger.schema])
            return (store, try SQLiteLedger(store: store, now: clock.now))
        }
        try open().0.close()
        let copy = folder.url.appending(path: "copy")
        try FileManager.default.copyItem(at: data, to: copy)
        var names: [HoldID] = []
        for call in [SpendFixture.call("before"), SpendFixture.call("after")] {
            let (store, ledger) = try open()
            let reservation = try await SpendFixture.governor(ledger).held(call)
            names.append(reservation.holdID)
            if let first = names.first, names.count == 2 {
                for (name, owned) in [
                    (first, SpendFixture.call("before").id), (first, call.id), (HoldID(number: 1), call.id),
                ] {
                    await #expect(throws: GovernorError.unknownHold) { try await ledger.release(name, of: owned) }
                }
                #expect(try await SpendFixture.governor(ledger).heldAmount() == 40)
            }
            _ = consume reservation
            try store.close()
            try FileManager.default.removeItem(at: data)
            try FileManager.default.copyItem(at: copy, to: data)
        }
        #expect(names.count == 2 && names.allSatisfy { $0.number == 1 && $0.mark != nil } && names[0] != names[1])
    }

    @Test("errors say what to do")
    func errors() {
        #expect(
            "\(GovernorError.boundBreached(SpendFixture.model))"
                == "llama of bedrock in ap-south-1 has cost more than its bound, or written more than it was granted,"
                + " and is refused;"
                + " raise the bound of its price in budgets/prices, or see `sluice budget breach list`")
        #expect(
            "\(GovernorError.ledgerUnavailable(reason: "the disk is full"))"
                == "no call is paid for without the ledger: the disk is full")
    }

    /// Holds a call with a ledger that is gone when this returns, as if its process had ended.
    private func holdAndLeave(_ folder: String, meanwhile: () async throws -> Void) async throws {
        let other = try SQLiteLedger(store: .open(folder: folder, schemas: [SQLiteLedger.schema]), now: clock.now)
        let line = SpendFixture.budget()
        _ = try await other.reserve(SpendFixture.call()) { moment throws(GovernorError) in
            try HoldTerms(
                call: SpendFixture.call(), price: SpendFixture.price(),
                lines: [
                    BudgetLine(
                        name: BudgetLine.Name(budget: line.name), period: line.period(containing: moment.instant),
                        limit: line.limit)
                ])
        }
        try await meanwhile()
        withExtendedLifetime(other) {}
    }
}
