import FunctionKit
import Postgres
import Spending

extension PostgresClient {
    /// See ``SpendLedger/doubts(of:to:)``.
    func doubts(of call: CallPlace, to model: ModelID, clockMS: Int64?) async throws -> CallDoubts {
        let rows = try await run(
            PostgresStatement(
                Self.doubts,
                call.values + [
                    .int8(clockMS), .text(model.provider), .text(model.region), .text(model.model),
                ])
        ).rows
        guard let row = rows.first else { return CallDoubts() }
        return CallDoubts(
            ofCall: try row.get(0, as: Int.self), inARow: try row.get(1, as: Int.self),
            lasted: .milliseconds(try row.get(2, as: Int64.self)),
            sinceLast: .milliseconds(try row.get(3, as: Int64.self)))
    }

    /// See ``SpendLedger/charged(for:)``.
    func charged(for call: CallPlace) async throws -> Money {
        let rows = try await run(
            PostgresStatement(
                """
                SELECT coalesce(sum(journal.spent_nano_usd), 0)::int8
                FROM charged_calls JOIN journal ON journal.id = charged_calls.entry_id WHERE \(Self.isOfCall)
                """, call.values)
        ).rows
        return Money(nanoUSD: try rows.first?.get(0, as: Int64.self) ?? 0)
    }

    /// Without the orphans that were corrected.
    private static let isOfCall = """
        charged_calls.question_id = $1 AND charged_calls.function = $2 AND charged_calls.ordinal = $3
            AND ($4::uuid IS NULL OR call_key = $4) AND NOT is_corrected
        """

    /// An answer ends the row, which is looked for no further back than the row's own first entry.
    private static let doubts = """
        WITH clock AS (SELECT coalesce($5::int8, floor(extract(epoch FROM now()) * 1000)::int8) AS ms),
        newest AS (
            SELECT entry_id, at_ms FROM charged_calls
            WHERE provider = $6 AND region = $7 AND model = $8 AND NOT is_orphan
            ORDER BY entry_id DESC LIMIT \(CallDoubts.rowMax)
        ),
        lately AS (
            SELECT entry_id, at_ms, ms FROM newest CROSS JOIN clock
            WHERE at_ms BETWEEN ms - \(CallDoubts.rowAge.milliseconds) AND ms + \(CallDoubts.skewMax.milliseconds)
        )
        SELECT (
                SELECT count(*) FROM charged_calls
                WHERE \(isOfCall) AND provider = $6 AND region = $7 AND model = $8
            ), count(*), coalesce(max(at_ms) - min(at_ms), 0), coalesce(greatest(0, min(ms - at_ms)), 0)
        FROM lately WHERE entry_id > coalesce(
            (
                SELECT ended.id FROM journal AS ended JOIN journal AS reserve ON reserve.id = ended.hold_id
                WHERE ended.id > (SELECT min(entry_id) FROM lately) AND ended.kind IN ('settle', 'breach')
                    AND reserve.provider = $6 AND reserve.region = $7 AND reserve.model = $8
                ORDER BY ended.id DESC LIMIT 1
            ), 0)
        """
}

extension CallPlace {
    fileprivate var values: [PostgresValue] {
        let key = digest.map {
            CallKey.of(CallID(questionID: questionID, function: function, ordinal: ordinal, digest: $0))
        }
        return [.text(questionID), .text(function), .int8(ordinal), .uuid(key)]
    }
}

extension Duration {
    fileprivate var milliseconds: Int64 { Int64(self / .milliseconds(1)) }
}
