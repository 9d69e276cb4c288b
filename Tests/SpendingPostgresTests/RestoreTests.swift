import Foundation
import History
import HistoryPostgres
import Postgres
import PostgresTestServer
import Spending
import SpendingCompat
import SpendingPostgres
import TestSupport
import Testing

/// What a restore of a part, or a copy without the last commits, does to a ledger.
@Suite("A ledger that was restored", .timeLimit(.minutes(5)))
struct RestoreTests {
    private static let schemas = [PostgresLedger.schema, PostgresHistory.schema]

    /// What `verify` finds beside the sums.
    private static func problems(_ client: PostgresClient) async throws -> [String] {
        try await PostgresLedger(client: client).verify().findings.map(\.description)
    }

    /// What a start finds.
    private static func startProblems(_ client: PostgresClient) async throws -> [String] {
        try await client.inspect(schemas) + PostgresLedger(client: client).inspect()
    }

    /// A ledger with some entries, a raise and a question, in a database with the shipped roles.
    private func source(_ name: String) async throws -> (owner: PostgresConfiguration, host: PostgresConfiguration) {
        let (owner, host) = try await PostgresTestServer.shared().makeDatabaseWithRoles(name)
        let client = PostgresClient(owner)
        try await client.migrate(Self.schemas)
        #expect(try await Self.startProblems(client) == [])
        await client.close()
        let hosts = PostgresClient(host)
        let ledger = PostgresLedger(client: hosts)
        let governor = SpendFixture.governor(ledger)
        for number in 0..<5 { try await governor.pay(SpendFixture.call("q\(number)", bytes: 10), tokens: 10) }
        try await governor.raise(
            "daily", to: Money(nanoUSD: 500), until: Date(timeIntervalSinceNow: 600), reason: "a test")
        let history = PostgresHistory(client: hosts)
        try await history.accept(id: "q0", input: Data("{}".utf8), tenant: nil, pipeline: "p", expiresAt: nil)
        await history.close()
        #expect(try await Self.startProblems(hosts) == [])
        #expect(try await governor.verify().isSound)
        await ledger.close()
        await hosts.close()
        return (owner, host)
    }

    private func restore(
        _ from: PostgresConfiguration, to: PostgresConfiguration, dump: String = "", filter: String = "cat"
    ) async throws {
        let server = try await PostgresTestServer.shared()
        let command =
            "\(try PostgresTestServer.program("pg_dump")) -n sluice \(dump) '\(server.url(database: from.database))'"
        try await ChildProcess.run([
            "bash", "-c",
            "set -o pipefail; \(command) | \(filter) | psql -q -v ON_ERROR_STOP=0 '\(server.url(database: to.database))'",
        ])
    }

    @Test("from the rows alone is found by its head, and goes on when it is moved on as is said")
    func dataOnly() async throws {
        let (owner, _) = try await source("restore_from_rows")
        let (target, host) = try await PostgresTestServer.shared().makeDatabaseWithRoles("restored_rows")
        let client = PostgresClient(target)
        try await client.migrate(Self.schemas)
        try await restore(owner, to: target, dump: "--data-only -T sluice.migrations --disable-triggers")
        // The triggers' sums are in the dump too; the head is not replaced.
        let found = try await Self.problems(client)
        let problem = try #require(found.first { $0.hasPrefix("ledger_head ends at entry 0 and the journal at ") })
        #expect(try await Self.startProblems(client).contains(problem))
        let cure = try #require(problem.firstMatch(of: /`(.*)`/)?.1)
        try await client.run(PostgresStatement(String(cure), isPrepared: false))
        #expect(try await Self.problems(client) == [])
        let governor = SpendFixture.governor(PostgresLedger(client: PostgresClient(host)))
        #expect(try await governor.spent() == 50)
        try await governor.pay(SpendFixture.call("after", bytes: 10), tokens: 10)
        #expect(try await governor.verify().isSound)
    }

    @Test("without owners and grants is found, and roles.sql mends it")
    func withoutRoles() async throws {
        let (owner, _) = try await source("restore_from_roles")
        let server = try await PostgresTestServer.shared()
        _ = try await server.makeDatabase("restored_roles")
        let target = server.configuration(database: "restored_roles", schema: "sluice")
        try await restore(owner, to: target, dump: "--no-owner --no-privileges")
        let passwords = PostgresTestServer.passwords
        let host = server.configuration(
            database: "restored_roles", user: "sluice_host", password: passwords.host, schema: "sluice")
        #expect(try await PostgresClient(host).mayUseSchema() == false)
        try await server.makeRoles("restored_roles")
        let client = PostgresClient(host)
        #expect(try await Self.startProblems(client) == [])
        let owned = PostgresClient(
            server.configuration(
                database: "restored_roles", user: "sluice_owner", password: passwords.owner, schema: "sluice"))
        try await owned.run(PostgresStatement("ALTER TABLE journal ADD COLUMN later text", isPrepared: false))
        await #expect(throws: PostgresError.self) {
            try await client.run(PostgresStatement("UPDATE journal SET later = ''", isPrepared: false))
        }
        try await SpendFixture.governor(PostgresLedger(client: client)).pay(
            SpendFixture.call("after", bytes: 10), tokens: 10)
        // Each by itself.
        let admin = PostgresClient(target)
        for (change, problem) in [
            (
                "REVOKE INSERT ON sluice.holds, sluice.counters FROM sluice_host",
                "role sluice_host lacks rights on counters, holds: "
            ),
            (
                "GRANT UPDATE ON sluice.journal TO sluice_host",
                "role sluice_host may change or delete rows of journal, "
            ),
            (
                "ALTER TABLE sluice.raises OWNER TO postgres",
                "raises belongs to postgres and the schema to sluice_owner: "
            ),
        ] {
            try await admin.run(PostgresStatement(change, isPrepared: false))
            let found = try await Self.startProblems(client)
            #expect(
                found.count >= 1 && found[0].hasPrefix(problem) && found[0].contains("deploy/postgres/roles.sql"),
                "\(found)")
            try await server.makeRoles("restored_roles")
            #expect(try await Self.startProblems(client) == [])
        }
    }

    @Test("without a trigger, an index or a number's place is found")
    func parts() async throws {
        let (owner, _) = try await source("restored_parts")
        let client = PostgresClient(owner)
        for (harm, problem) in [
            ("DROP INDEX holds_by_call", "holds_by_call is missing from schema sluice or unusable"),
            ("ALTER TABLE counters DROP CONSTRAINT counters_pkey", "counters_pkey, holds_by_call are missing "),
            (
                "ALTER TABLE journal DISABLE TRIGGER journal_append_only",
                "trigger journal_append_only is off: run `ALTER "
            ),
            ("SELECT setval(pg_get_serial_sequence('raises', 'id'), 1, false)", "the numbers of raises are behind "),
            ("DROP TRIGGER journal_sums ON journal", "counters_pkey, holds_by_call, journal_sums are missing "),
            ("DELETE FROM ledger_head", "ledger_head has no row"),
        ] {
            try await client.run(PostgresStatement(harm, isPrepared: false))
            let found = try await Self.startProblems(client)
            #expect(found.contains { $0.hasPrefix(problem) }, "\(found)")
            #expect(try await Self.problems(client).contains { $0.hasPrefix(problem) })
        }
    }

    @Test("whose counters lack what the journal says is found by a start")
    func counters() async throws {
        let (owner, _) = try await source("restored_counters")
        let client = PostgresClient(owner)
        try await client.run(PostgresStatement("DELETE FROM counters", isPrepared: false))
        let found = try await Self.startProblems(client)
        #expect(
            found.contains { $0.hasPrefix("the counters of daily do not hold what the journal says") }, "\(found)")
        #expect(try await PostgresLedger(client: client).verify().isSound == false)
    }

    @Test(
        "without the rows of a table is found by a start and by verify, which name the table",
        arguments: [
            "journal", "journal counters", "hold_budgets", "hold_budgets counters", "counters", "spend_quarters",
            "breaches", "raises", "decisions", "responses", "holds", "charged_calls", "settled_questions",
        ])
    func withoutRows(of tables: String) async throws {
        let source = try await Self.wholeLedger.value
        let server = try await PostgresTestServer.shared()
        let name = "restored_without_\(tables.replacing(" ", with: "_"))"
        _ = try await server.makeDatabase(name)
        let tables = tables.split(separator: " ").map(String.init)
        try await restore(
            source, to: server.configuration(database: name),
            dump: tables.map { "--exclude-table-data=sluice.\($0)" }.joined(separator: " "))
        let client = PostgresClient(server.configuration(database: name, schema: "sluice"))
        let found = try await Self.startProblems(client)
        let cure = "restore the whole backup into an empty database"
        #expect(found.contains { $0.contains(tables[0]) && $0.contains(cure) }, "\(found)")
        let verification = try await PostgresLedger(client: client).verify()
        #expect(!verification.isSound)
        // Holds that are missing are a difference.
        if tables != ["holds"] {
            #expect(
                verification.findings.contains { $0.description.contains(tables[0]) && $0.description.contains(cure) },
                "\(verification.findings)")
        }
        await client.close()
    }

    /// A ledger with a row in each table, which is whole.
    private static let wholeLedger = Task {
        let (owner, host) = try await PostgresTestServer.shared().makeDatabaseWithRoles("restored_whole")
        let client = PostgresClient(owner)
        try await client.migrate(schemas)
        let ledger = PostgresLedger(client: PostgresClient(host))
        let governor = SpendFixture.governor(ledger)
        for number in 0..<3 { try await governor.pay(SpendFixture.call("q\(number)", bytes: 10), tokens: 10) }
        _ = try await governor.open()
        try await governor.raise(
            "daily", to: Money(nanoUSD: 500), until: Date(timeIntervalSinceNow: 600), reason: "a test")
        try await governor.chargeInFull(
            try await governor.held(SpendFixture.call("doubt", bytes: 1)), patience: { .zero })
        try await governor.pay(SpendFixture.call("breach", bytes: 1), tokens: 100)
        // Dropped at once, and charged by the next transaction, of which there is none.
        _ = try await governor.held(SpendFixture.call("open", model: SpendFixture.otherModel, bytes: 1))
        #expect(try await startProblems(client) == [])
        #expect(try await governor.verify().isSound)
        await client.close()
        return owner
    }

    @Test("is not what one looks like whose clock was ahead and was set right")
    func clock() async throws {
        let client = PostgresClient(try await source("clock_set_right").owner)
        let clock = ManualClock("2027-03-01T10:00:00Z")
        let ledger = PostgresLedger(client: client, clock: .given(clock.now))
        let governor = SpendFixture.governor(ledger, budgets: [SpendFixture.budget(limit: 1000)])
        try await governor.pay(SpendFixture.call("ahead", bytes: 1), tokens: 1)
        clock.set("2026-12-24T10:00:00Z")
        _ = try await governor.acceptClock(by: "owner", reason: "a test")
        #expect(try await Self.startProblems(client) == [])
        #expect(try await ledger.verify().findings == [])
    }

    @Test("to a copy without the last commits is noticed by hosts that saw them; no hold's number comes again")
    func fallBack() async throws {
        let (owner, host) = try await source("fall_back")
        let server = try await PostgresTestServer.shared()
        let (first, second) = (PostgresClient(host), PostgresClient(host))
        let governor = SpendFixture.governor(PostgresLedger(client: first))
        try await governor.pay(SpendFixture.call("before", bytes: 1), tokens: 1)
        _ = try await server.makeDatabase("fall_back_copy")
        try await restore(owner, to: server.configuration(database: "fall_back_copy"))
        let lost = try await governor.held(SpendFixture.call("lost", bytes: 1))
        await first.close()
        await second.close()
        try await swap("fall_back", for: "fall_back_copy", keepingAs: "fall_back_lost")
        await #expect {
            try await governor.outcome(SpendFixture.call("after", bytes: 1))
        } throws: { "\($0)".contains("so it is a copy without the last commits") }
        // A host that began afterwards goes on, and its holds are its own.
        let later = SpendFixture.governor(PostgresLedger(client: PostgresClient(host)))
        var ids: Set<HoldID> = []
        var held: [Int] = []
        for number in 0..<3 {
            let reservation = try await later.held(SpendFixture.call("new\(number)", bytes: 1))
            ids.insert(reservation.holdID)
            held.append(number)
            try await later.release(reservation)
        }
        #expect(!ids.contains(lost.holdID) && held.count == 3)
        do {
            try await governor.chargeInFull(lost, patience: { .zero })
            Issue.record("an end was taken from a ledger that has gone back")
        } catch {}
        // What others have written there meanwhile makes the copy no better, however often it is asked.
        for _ in 0..<3 {
            await #expect {
                try await governor.outcome(SpendFixture.call("after", bytes: 1))
            } throws: { "\($0)".contains("so it is a copy without the last commits") }
        }
        #expect(try await later.verify().isSound)
        // The host that saw the right server goes on by itself when it is back, and one that began on the copy does not.
        try await swap("fall_back", for: "fall_back_lost", keepingAs: "fall_back_copy")
        #expect(try await governor.outcome(SpendFixture.call("back", bytes: 1)) == "held")
        await #expect {
            try await later.outcome(SpendFixture.call("foreign", bytes: 1))
        } throws: { "\($0)".contains("so it is a copy without the last commits") }
    }

    @Test("in the place of the one that was seen takes no answer, and says nothing of runs")
    func historyOnCopy() async throws {
        let (owner, host) = try await source("history_seen")
        let server = try await PostgresTestServer.shared()
        let client = PostgresClient(host)
        let ledger = PostgresLedger(client: client)
        let governor = SpendFixture.governor(ledger)
        let history = PostgresHistory(client: client, witness: ledger.witness)
        _ = try await server.makeDatabase("history_copy")
        try await restore(owner, to: server.configuration(database: "history_copy"))
        try await governor.pay(SpendFixture.call("seen", bytes: 1), tokens: 1)
        try await history.accept(id: "late", input: Data("{}".utf8), tenant: nil, pipeline: nil, expiresAt: nil)
        try await swap("history_seen", for: "history_copy", keepingAs: "history_lost")
        let isCopy: @Sendable (any Error) -> Bool = { "\($0)".contains("so it is a copy without the last commits") }
        await #expect {
            try await history.finish(id: "late", .without(.failed, reason: "timeout"))
        } throws: { isCopy($0) }
        await #expect { try await history.run(id: "late") } throws: { isCopy($0) }
        await #expect {
            try await history.accept(
                id: "new", input: Data("{}".utf8), tenant: nil, pipeline: nil, expiresAt: nil)
        } throws: { isCopy($0) }
        try await swap("history_seen", for: "history_lost", keepingAs: "history_copy")
        // Whoever asks first may learn that the server has ended the connections.
        var late: RunRecord?
        for _ in 0..<100 where late == nil {
            late = try? await history.run(id: "late")
            if late == nil { try await Task.sleep(for: .milliseconds(50)) }
        }
        #expect(late?.state == .queued)
        #expect(try await history.run(id: "new") == nil)
        #expect(try await history.finish(id: "late", .without(.failed, reason: "timeout")))
        await history.close()
        await ledger.close()
        await client.close()
    }

    /// Another database takes the place of one under its name.
    private func swap(_ name: String, for other: String, keepingAs kept: String) async throws {
        let admin = PostgresClient(try await PostgresTestServer.shared().configuration())
        for statement in [
            "ALTER DATABASE \(name) WITH ALLOW_CONNECTIONS false",
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname IN ('\(name)', '\(other)')",
            "ALTER DATABASE \(name) RENAME TO \(kept)", "ALTER DATABASE \(other) RENAME TO \(name)",
            "ALTER DATABASE \(name) WITH ALLOW_CONNECTIONS true",
        ] { try await admin.run(PostgresStatement(statement, isPrepared: false)) }
        await admin.close()
    }
}
