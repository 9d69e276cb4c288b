import FoundationEssentials
import FunctionKit
import GRDB
import Spending

extension Database {
    /// See ``SpendLedger/doubts(of:to:)``.
    func doubts(of call: CallPlace, to model: ModelID, at now: Date) throws -> CallDoubts {
        let ofCall = try Int.fetchOne(
            cachedStatement(sql: Self.doubtsOfCall),
            arguments: call.arguments + [model.provider, model.region, model.model])
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
    func charged(for call: CallPlace) throws -> Money {
        let sum = try Int64.fetchOne(cachedStatement(sql: Self.chargedForCall), arguments: call.arguments)
        return Money(nanoUSD: sum ?? 0)
    }

    static let doubtsOfCall = "SELECT count(*) \(ofCall) AND provider = ?5 AND region = ?6 AND model = ?7"
    static let chargedForCall = "SELECT sum(spent_nano_usd) \(ofCall)"

    /// The entries that charged a call in full, without the orphans that were corrected; indexes go by its very words.
    private static let ofCall = """
        FROM journal AS doubt
        WHERE kind IN ('charge', 'orphan') AND question_id = ?1 AND function = ?2 AND ordinal = ?3
            AND (?4 IS NULL OR digest = ?4) AND NOT EXISTS (
                SELECT 1 FROM journal AS ended WHERE ended.hold_id = doubt.hold_id
                    AND ended.kind IN ('settle', 'release') AND ended.held_nano_usd = 0)
        """

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

extension CallPlace {
    fileprivate var arguments: StatementArguments { [questionID, function, ordinal, digest] }
}
