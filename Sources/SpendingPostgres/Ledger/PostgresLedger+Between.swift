import FoundationEssentials
import Postgres
package import Spending

/// What is done between calls: leases, raises, alerts and stored responses.
extension PostgresLedger {
    /// How many responses one transaction forgets.
    private static let forgottenAtOnceMax: Int64 = 500
    /// How long it is remembered how far a host has come that is no more.
    private static let hostsKnown: TimeInterval = 63 * 86_400
    /// How long after its lease the owner of an orphan may still correct it; by then it has long ended, or is frozen.
    private static let orphansKnown: TimeInterval = 86_400

    package func renewLeases() async throws(GovernorError) {
        let holds = openHolds
        guard !holds.isEmpty else { return }
        _ = try await write { head in
            PostgresStatement(
                "UPDATE holds SET lease_until_ms = $1 WHERE hold_id = ANY($2) AND owner = $3 AND NOT is_orphan",
                [.int8(head.now.milliseconds + self.leaseMS), .int8s(holds), .text(self.ownerID)])
        }
    }

    package func raise(_ raise: BudgetRaise) async throws(GovernorError) {
        _ = try await write { head in
            PostgresStatement(
                """
                WITH raised AS (UPDATE ledger_head SET raised_ms = $1)
                INSERT INTO raises (at_ms, budget, limit_nano_usd, until_ms, reason, kind)
                    VALUES ($1, $2, $3, $4, $5, $6)
                """,
                [
                    .int8(head.now.milliseconds), .text(raise.budget), .int8(raise.limit.nanoUSD),
                    .int8(raise.until.milliseconds),
                    .text(raise.reason), .text(raise.kind.rawValue),
                ])
        }
    }

    package func raises() async throws(GovernorError) -> [BudgetRaise] {
        try await reading { client in
            try await client.run(
                PostgresStatement(
                    "SELECT budget, limit_nano_usd, at_ms, until_ms, reason, kind FROM raises ORDER BY id")
            ).rows.map { try BudgetRaise($0) }
        }
    }

    package func claimAlerts(
        _ thresholds: @escaping @Sendable (LedgerMoment) -> [(line: BudgetLine, percents: [Int])], claim: Duration
    ) async throws(GovernorError) -> [BudgetAlert] {
        let (counters, moment) = try await sweptCounters { thresholds($0).map(\.line) }
        let reached = BudgetAlert.reached(thresholds(moment), counters, at: moment.instant)
        let note = PostgresStatement(
            """
            INSERT INTO alerts (budget, period_start_ms, period_end_ms, percent, limit_nano_usd, spent_nano_usd,
                held_nano_usd, at_ms, claimed_until_ms)
            SELECT *, $8, 0 FROM unnest($1::text[], $2::int8[], $3::int8[], $4::int8[], $5::int8[], $6::int8[],
                $7::int8[]) ON CONFLICT DO NOTHING
            """,
            [
                .texts(reached.map(\.budget)), .int8s(reached.map(\.period.start.milliseconds)),
                .int8s(reached.map(\.period.end.milliseconds)), .int8s(reached.map { Int64($0.percent) }),
                .int8s(reached.map(\.limit.nanoUSD)), .int8s(reached.map(\.spent.nanoUSD)),
                .int8s(reached.map(\.held.nanoUSD)), .int8(moment.instant.milliseconds),
            ])
        // Also those of budgets and periods that are over and were never delivered.
        let due = try await write(first: note) { head in
            PostgresStatement(
                """
                UPDATE alerts SET claimed_until_ms = $2 WHERE NOT is_confirmed AND claimed_until_ms <= $1
                RETURNING budget, percent, period_start_ms, period_end_ms, limit_nano_usd, spent_nano_usd,
                    held_nano_usd, at_ms
                """, [.int8(head.now.milliseconds), .int8(head.now.milliseconds + Int64(claim / .milliseconds(1)))])
        }
        return try await reading { _ in try due.rows.map { try BudgetAlert($0) }.inOrder }
    }

    package func confirm(_ alert: BudgetAlert) async throws(GovernorError) {
        _ = try await write { _ in Self.change(alert, "is_confirmed = true") }
    }

    package func handBack(_ alert: BudgetAlert) async throws(GovernorError) {
        _ = try await write { _ in Self.change(alert, "claimed_until_ms = 0") }
    }

    private static func change(_ alert: BudgetAlert, _ change: String) -> PostgresStatement {
        PostgresStatement(
            """
            UPDATE alerts SET \(change)
            WHERE budget = $1 AND period_start_ms = $2 AND percent = $3 AND limit_nano_usd = $4
            """,
            [
                .text(alert.budget), .int8(alert.period.start.milliseconds), .int8(alert.percent),
                .int8(alert.limit.nanoUSD),
            ])
    }

    package func forgetResponses(olderThan age: Duration) async throws(GovernorError) -> Int {
        var total = 0
        while true {
            let forgotten = try await write { head in
                PostgresStatement(
                    """
                    UPDATE responses SET body = NULL WHERE ctid = ANY (ARRAY(
                        SELECT ctid FROM responses WHERE stored_ms < $1 AND body IS NOT NULL LIMIT $2))
                    """,
                    [.int8(head.clock.milliseconds - Int64(age / .milliseconds(1))), .int8(Self.forgottenAtOnceMax)])
            }
            total += forgotten.count
            if forgotten.count < Self.forgottenAtOnceMax { break }
        }
        // Rows of dead owners, charged in full for good; the journal has all of it.
        _ = try await write { head in
            PostgresStatement(
                "DELETE FROM holds WHERE is_orphan AND lease_until_ms < $1",
                [.int8(head.clock.milliseconds - Int64(Self.orphansKnown * 1000))])
        }
        _ = try await write { head in
            PostgresStatement(
                "DELETE FROM ledger_lanes WHERE at_ms < $1",
                [.int8(head.clock.milliseconds - Int64(Self.hostsKnown * 1000))])
        }
        return total
    }

    /// Locks the ledger until the connection's transaction ends.
    func head(on connection: PostgresConnection) async throws -> LedgerHead {
        try seen.head(
            try await connection.run(LedgerHead.lock(clockMS: clock.milliseconds, seen: seen.lastID)))
    }

    /// Runs statements in a transaction that has the ledger to itself.
    private func write(
        first: PostgresStatement? = nil, _ statement: @Sendable @escaping (LedgerHead) -> PostgresStatement
    ) async throws(GovernorError) -> PostgresResult {
        try await writing { client in
            try await client.withTransaction(attemptsMax: 3) { connection in
                let head = try await self.head(on: connection)
                let statements = [first, statement(head)].compactMap { $0 }
                guard let result = try await connection.pipeline(statements).last else {
                    throw PostgresError.unexpectedType(column: 0)
                }
                return result
            }
        }
    }
}

extension BudgetAlert {
    fileprivate init(_ row: PostgresRow) throws(PostgresError) {
        self.init(
            budget: try row.get(0), percent: try row.get(1),
            period: Period(start: Date(milliseconds: try row.get(2)), end: Date(milliseconds: try row.get(3))),
            limit: Money(nanoUSD: try row.get(4)), spent: Money(nanoUSD: try row.get(5)),
            held: Money(nanoUSD: try row.get(6)), at: Date(milliseconds: try row.get(7)))
    }
}
