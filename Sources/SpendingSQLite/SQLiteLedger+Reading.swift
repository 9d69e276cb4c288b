package import FoundationEssentials
import FunctionKit
import GRDB
package import Spending

extension SQLiteLedger: SpendReader {
    package func spending(_ query: SpendQuery) async throws(GovernorError) -> [SpendSum] {
        try await read { try SpendSums.fetch(query, $0) }
    }

    package func counters(in span: Range<Date>) async throws(GovernorError) -> [PeriodCounter] {
        try await read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT budget, period_start_ms, period_end_ms, spent_nano_usd, held_nano_usd FROM counters
                    WHERE period_start_ms < ? AND period_end_ms > ? AND instr(budget, '/') = 0
                    ORDER BY budget, period_start_ms
                    """, arguments: [span.upperBound.milliseconds, span.lowerBound.milliseconds]
            ).map { row in
                PeriodCounter(
                    budget: row[0],
                    period: Period(start: Date(milliseconds: row[1]), end: Date(milliseconds: row[2])),
                    spent: Money(nanoUSD: row[3]), held: Money(nanoUSD: row[4]))
            }
        }
    }

    package func exceptions(
        in span: Range<Date>, atMost count: Int
    ) async throws(GovernorError) -> [JournalEntry] {
        try await read { database in
            try Int64.fetchAll(
                database,
                sql: SpendSums.exceptions,
                arguments: [span.lowerBound.milliseconds, span.upperBound.milliseconds, max(0, count)]
            ).flatMap { try JournalReader.entries(after: $0 - 1, atMost: 1, database) }
        }
    }
    package func exceptionTally(in span: Range<Date>) async throws(GovernorError) -> ExceptionTally {
        try await read { database in
            let row = try Row.fetchOne(
                database, sql: SpendSums.exceptionTally,
                arguments: [span.lowerBound.milliseconds, span.upperBound.milliseconds])
            return row.map {
                ExceptionTally(orphans: $0[0], orphansCharged: Money(nanoUSD: $0[1]), breaches: $0[2])
            } ?? ExceptionTally()
        }
    }
}
