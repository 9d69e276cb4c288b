import FoundationEssentials
import GRDB
import Spending

/// What is done between calls: raises, alerts and stored responses.
extension LedgerTransaction {
    func raise(_ raise: BudgetRaise) throws {
        try database.run(
            "INSERT INTO raises (at_ms, budget, limit_nano_usd, until_ms, reason) VALUES (?, ?, ?, ?, ?)",
            [now.milliseconds, raise.budget, raise.limit.nanoUSD, raise.until.milliseconds, raise.reason])
        memory.withFacts { $0.raises = nil }
    }

    func claimAlerts(
        _ thresholds: [(line: BudgetLine, percents: [Int])], claim: Duration
    ) throws -> [BudgetAlert] {
        var due: [BudgetAlert] = []
        for (line, percents) in thresholds {
            let counter = try counter(line)
            for percent in percents.sorted() {
                if let alert = try claimAlert(percent, counter, claim: claim) { due.append(alert) }
            }
        }
        return due
    }

    private func claimAlert(_ percent: Int, _ counter: LedgerCounter, claim: Duration) throws -> BudgetAlert? {
        let line = counter.line
        let key: StatementArguments = [line.budget, line.period.start.milliseconds, percent]
        let claimedUntil = now.milliseconds + Int64(claim / .milliseconds(1))
        let known = try Row.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT limit_nano_usd, spent_nano_usd, held_nano_usd, at_ms, claimed_until_ms, is_confirmed
                    FROM alerts WHERE budget = ? AND period_start_ms = ? AND percent = ?
                    """), arguments: key)
        if let known {
            guard known[5] == 0, known[4] <= now.milliseconds else { return nil }
            try database.run(
                "UPDATE alerts SET claimed_until_ms = ? WHERE budget = ? AND period_start_ms = ? AND percent = ?",
                [claimedUntil] + key)
            return BudgetAlert(
                budget: line.budget, percent: percent, period: line.period, limit: Money(nanoUSD: known[0]),
                spent: Money(nanoUSD: known[1]), held: Money(nanoUSD: known[2]), at: Date(milliseconds: known[3]))
        }
        guard counter.hasReached(percent) else { return nil }
        try database.run(
            """
            INSERT INTO alerts (budget, period_start_ms, percent, limit_nano_usd, spent_nano_usd, held_nano_usd, at_ms,
                claimed_until_ms)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            key + [
                line.limit.nanoUSD, counter.spent.nanoUSD, counter.held.nanoUSD,
                now.milliseconds, claimedUntil,
            ])
        return BudgetAlert(
            budget: line.budget, percent: percent, period: line.period, limit: line.limit, spent: counter.spent,
            held: counter.held, at: now)
    }

    func confirm(_ alert: BudgetAlert) throws {
        try database.run(
            "UPDATE alerts SET is_confirmed = 1 WHERE budget = ? AND period_start_ms = ? AND percent = ?",
            [alert.budget, alert.period.start.milliseconds, alert.percent])
    }

    func handBack(_ alert: BudgetAlert) throws {
        try database.run(
            "UPDATE alerts SET claimed_until_ms = 0 WHERE budget = ? AND period_start_ms = ? AND percent = ?",
            [alert.budget, alert.period.start.milliseconds, alert.percent])
    }

    /// Deletes the oldest responses, so many at most that nobody waits long.
    func forgetResponses(olderThan age: Duration, atMost count: Int) throws -> Int {
        // They are numbered by age: a row gets a number above all others, and the clock is never set back.
        try database.run(
            """
            DELETE FROM responses
            WHERE rowid IN (SELECT rowid FROM responses ORDER BY rowid LIMIT ?) AND stored_ms < ?
            """, [count, now.milliseconds - Int64(age / .milliseconds(1))])
        return database.changesCount
    }
}
