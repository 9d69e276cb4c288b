package import FoundationEssentials
import Postgres
package import Spending

extension PostgresLedger: SpendReader {
    package func spending(_ query: SpendQuery) async throws(GovernorError) -> [SpendSum] {
        try await reading { try await SpendSums.fetch(query, $0) }
    }

    package func counters(in span: Range<Date>) async throws(GovernorError) -> [PeriodCounter] {
        try await reading { client in
            try await client.run(
                PostgresStatement(
                    """
                    SELECT budget, period_start_ms, period_end_ms, spent_nano_usd, held_nano_usd FROM counters
                    WHERE period_start_ms < $2 AND period_end_ms > $1 AND strpos(budget, '/') = 0
                    ORDER BY budget COLLATE "C", period_start_ms
                    """, [.int8(span.lowerBound.milliseconds), .int8(span.upperBound.milliseconds)])
            ).rows.map { row in
                PeriodCounter(
                    budget: try row.get(0),
                    period: Period(start: Date(milliseconds: try row.get(1)), end: Date(milliseconds: try row.get(2))),
                    spent: Money(nanoUSD: try row.get(3)), held: Money(nanoUSD: try row.get(4)))
            }
        }
    }

    package func exceptions(
        in span: Range<Date>, atMost count: Int
    ) async throws(GovernorError) -> [JournalEntry] {
        try await reading { client in
            let ids = try await client.run(
                PostgresStatement(
                    """
                    SELECT entry.id FROM journal AS entry JOIN journal AS reserve ON reserve.id = entry.hold_id
                    WHERE entry.kind IN ('orphan', 'breach') AND reserve.at_ms >= $1 AND reserve.at_ms < $2
                    ORDER BY reserve.at_ms DESC, entry.id DESC LIMIT $3
                    """,
                    [
                        .int8(span.lowerBound.milliseconds), .int8(span.upperBound.milliseconds), .int8(max(0, count)),
                    ])
            ).rows.map { try $0.get(0, as: Int64.self) }
            return try await JournalReader.entries(ids, client)
        }
    }

    package func exceptionTally(in span: Range<Date>) async throws(GovernorError) -> ExceptionTally {
        try await reading { client in
            let row = try await client.run(
                PostgresStatement(
                    """
                    SELECT count(*) FILTER (WHERE entry.kind = 'orphan'),
                        coalesce(sum(entry.spent_nano_usd) FILTER (WHERE entry.kind = 'orphan'), 0)::int8,
                        count(*) FILTER (WHERE entry.kind = 'breach')
                    FROM journal AS entry JOIN journal AS reserve ON reserve.id = entry.hold_id
                    WHERE entry.kind IN ('orphan', 'breach') AND reserve.at_ms >= $1 AND reserve.at_ms < $2
                    """, [.int8(span.lowerBound.milliseconds), .int8(span.upperBound.milliseconds)])
            ).rows.first
            return try row.map { row in
                ExceptionTally(
                    orphans: try row.get(0), orphansCharged: Money(nanoUSD: try row.get(1)), breaches: try row.get(2))
            } ?? ExceptionTally()
        }
    }
}
