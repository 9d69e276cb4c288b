import FoundationEssentials
import FunctionKit
import GRDB
import Spending

extension Database {
    /// See ``SpendLedger/doubts(of:to:)``.
    func doubts(of call: CallID, to model: ModelID, at now: Date) throws -> CallDoubts {
        let ofCall = try Int.fetchOne(
            cachedStatement(
                sql: """
                    SELECT count(*) FROM journal
                    WHERE kind = 'charge' AND question_id = ? AND function = ? AND ordinal = ? AND digest = ?
                        AND provider = ? AND region = ? AND model = ?
                    """), arguments: call.arguments + [model.provider, model.region, model.model])
        let row = try Row.fetchOne(
            cachedStatement(sql: Self.row),
            arguments: [
                model.provider, model.region, model.model, now.milliseconds,
                Int64(CallDoubts.rowAge / .milliseconds(1)), Int64(CallDoubts.skewMax / .milliseconds(1)),
                CallDoubts.rowMax,
            ])
        guard let row, let firstMS: Int64 = row[1], let lastMS: Int64 = row[2] else {
            return CallDoubts(ofCall: ofCall ?? 0)
        }
        return CallDoubts(
            ofCall: ofCall ?? 0, inARow: row[0], lasted: .milliseconds(lastMS - firstMS),
            sinceLast: .milliseconds(max(0, now.milliseconds - lastMS)))
    }

    /// See ``SpendLedger/charged(for:)``.
    func charged(for call: CallID) throws -> Money {
        let sum = try Int64.fetchOne(
            cachedStatement(
                sql: """
                    SELECT sum(spent_nano_usd) FROM journal
                    WHERE kind = 'charge' AND question_id = ? AND function = ? AND ordinal = ? AND digest = ?
                    """), arguments: call.arguments)
        return Money(nanoUSD: sum ?? 0)
    }

    /// An answer ends the row, which is looked for no further back than the row's own first entry.
    private static let row = """
        WITH newest AS (
            SELECT id, at_ms FROM journal
            WHERE kind = 'charge' AND provider = ?1 AND region = ?2 AND model = ?3 ORDER BY id DESC LIMIT ?7
        ),
        lately AS (SELECT id, at_ms FROM newest WHERE at_ms BETWEEN ?4 - ?5 AND ?4 + ?6)
        SELECT count(*), min(at_ms), max(at_ms) FROM lately WHERE id > coalesce(
            (
                SELECT id FROM journal
                WHERE id > (SELECT min(id) FROM lately) AND kind IN ('settle', 'breach')
                    AND provider = ?1 AND region = ?2 AND model = ?3
                ORDER BY id DESC LIMIT 1
            ), 0)
        """
}
