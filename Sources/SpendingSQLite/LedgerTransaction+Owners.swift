import FoundationEssentials
import GRDB
import SQLite
import Spending

/// What is done between calls: raises, alerts and stored responses.
extension LedgerTransaction {
    mutating func raise(_ raise: BudgetRaise) throws {
        try database.run(
            "INSERT INTO raises (at_ms, kind, budget, limit_nano_usd, until_ms, reason) VALUES (?, ?, ?, ?, ?, ?)",
            [
                now.milliseconds, raise.kind.rawValue, raise.budget, raise.limit.nanoUSD, raise.until.milliseconds,
                raise.reason,
            ])
        facts.areRaisesRead = false
        books.turned()
    }

    mutating func claimAlerts(
        _ thresholds: [(line: BudgetLine, percents: [Int])], claim: Duration
    ) throws -> [BudgetAlert] {
        var counters: [LedgerCounter] = []
        for threshold in thresholds { counters.append(try counter(threshold.line)) }
        for alert in BudgetAlert.reached(thresholds, counters, at: now) { try note(alert) }
        // Also those of budgets and periods that are over and were never delivered.
        let due = try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT budget, percent, period_start_ms, period_end_ms, limit_nano_usd, spent_nano_usd,
                        held_nano_usd, at_ms FROM alerts
                    WHERE is_confirmed = 0 AND claimed_until_ms <= ?
                    """), arguments: [now.milliseconds]
        ).map { row in
            BudgetAlert(
                budget: row[0], percent: row[1],
                period: Period(start: Date(milliseconds: row[2]), end: Date(milliseconds: row[3])),
                limit: Money(nanoUSD: row[4]), spent: Money(nanoUSD: row[5]), held: Money(nanoUSD: row[6]),
                at: Date(milliseconds: row[7]))
        }.inOrder
        let claimedUntil = now.milliseconds + Int64(claim / .milliseconds(1))
        for alert in due { try setClaim(until: claimedUntil, of: alert) }
        return due
    }

    /// Raises an alert, unless it was raised before.
    private func note(_ alert: BudgetAlert) throws {
        try database.run(
            """
            INSERT INTO alerts (budget, period_start_ms, percent, period_end_ms, limit_nano_usd, spent_nano_usd,
                held_nano_usd, at_ms, claimed_until_ms)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT DO NOTHING
            """,
            [
                alert.budget, alert.period.start.milliseconds, alert.percent, alert.period.end.milliseconds,
                alert.limit.nanoUSD, alert.spent.nanoUSD, alert.held.nanoUSD, alert.at.milliseconds,
            ])
    }

    private func setClaim(until claimedUntilMS: Int64, of alert: BudgetAlert) throws {
        try database.run(
            """
            UPDATE alerts SET claimed_until_ms = ?
            WHERE budget = ? AND period_start_ms = ? AND percent = ? AND limit_nano_usd = ?
            """,
            [claimedUntilMS, alert.budget, alert.period.start.milliseconds, alert.percent, alert.limit.nanoUSD])
    }

    func confirm(_ alert: BudgetAlert) throws {
        try database.run(
            """
            UPDATE alerts SET is_confirmed = 1
            WHERE budget = ? AND period_start_ms = ? AND percent = ? AND limit_nano_usd = ?
            """, [alert.budget, alert.period.start.milliseconds, alert.percent, alert.limit.nanoUSD])
    }

    func handBack(_ alert: BudgetAlert) throws { try setClaim(until: 0, of: alert) }

    /// What the time is kept in by which responses are old.
    static let timeTable = "responses_time"
    /// The newest instant that the ledger holds.
    static let newest = "SELECT at_ms FROM journal ORDER BY id DESC LIMIT 1"

    /// Deletes the oldest responses, so many at most that nobody waits long.
    func forgetResponses(olderThan age: Duration, atMost count: Int) throws -> Int {
        // They are numbered by age: a row gets a number above all others, and the clock is never set back.
        let old = "rowid IN (SELECT rowid FROM responses ORDER BY rowid LIMIT ?) AND stored_ms < ?"
        let settled = try SettledTime.look(
            Self.timeTable, newest: Self.newest, clockMS: books.clock.milliseconds, database)
        let arguments: StatementArguments = [count, settled - Int64(age / .milliseconds(1))]
        try database.run(
            """
            INSERT INTO forgotten_calls SELECT question_id, function, ordinal, digest FROM responses WHERE \(old)
            ON CONFLICT DO NOTHING
            """, arguments)
        try database.run("DELETE FROM responses WHERE \(old)", arguments)
        return database.changesCount
    }
}
