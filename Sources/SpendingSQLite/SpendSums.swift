import FoundationEssentials
import GRDB
import Spending

/// Sums up calls within the database, so that memory does not grow with the journal.
enum SpendSums {
    static func fetch(_ query: SpendQuery, _ database: Database) throws -> [SpendSum] {
        switch query.grouping {
        case .quarter:
            try fetch(query, by: "quarter", questions: "questions", database) {
                .quarter(SpendQuarter.start($0[0]))
            }
        case .function:
            try fetch(query, by: "function", questions: "function_questions", database) { .function($0[0]) }
        case .model:
            try fetch(query, by: "provider, region, model", questions: "model_questions", database) {
                .model(ModelID(provider: $0[0], region: $0[1], model: $0[2]))
            }
        case .tenant:
            try fetch(query, by: "tenant", questions: "questions", database) { row in
                let tenant: String = row[0]
                return .tenant(tenant.isEmpty ? nil : tenant)
            }
        case .question(let count): try dearestQuestions(query, atMost: count, database)
        }
    }

    private static func fetch(
        _ query: SpendQuery, by columns: String, questions: String, _ database: Database,
        _ key: (Row) -> SpendKey
    ) throws -> [SpendSum] {
        let statement = sql(by: columns, questions: questions, scope: query.scope)
        var arguments: StatementArguments = [query.quarters.lowerBound, query.quarters.upperBound]
        for list in lists(query.scope) { arguments += StatementArguments(list.values) }
        let rows = try Row.fetchCursor(database, sql: statement, arguments: arguments)
        var sums: [SpendSum] = []
        while let row = try rows.next() {
            sums.append(
                SpendSum(
                    key: key(row),
                    amounts: SpendAmounts(
                        calls: row["calls"], inputTokens: row["input_tokens"], outputTokens: row["output_tokens"],
                        spent: Money(nanoUSD: row["spent"]), held: Money(nanoUSD: row["held"]),
                        replays: row["replays"], questions: row["questions"])))
        }
        return sums
    }

    /// The statement that sums up one row for each value of some columns.
    static func sql(by columns: String, questions: String, scope: BudgetScope = BudgetScope()) -> String {
        let conditions = lists(scope).map { list in
            " AND \(list.column) IN (\(list.values.map { _ in "?" }.joined(separator: ", ")))"
        }
        return """
            SELECT \(columns), sum(calls) AS calls, sum(input_tokens) AS input_tokens,
                sum(output_tokens) AS output_tokens, sum(spent_nano_usd) AS spent, sum(held_nano_usd) AS held,
                sum(replays) AS replays, sum(\(questions)) AS questions
            FROM spend_quarters WHERE quarter >= ? AND quarter < ?\(conditions.joined())
            GROUP BY \(columns) ORDER BY \(columns)
            """
    }

    /// The statement that finds exceptions, newest first.
    static let exceptions = """
        SELECT id FROM journal WHERE kind IN ('orphan', 'breach') AND reserved_ms >= ? AND reserved_ms < ?
        ORDER BY reserved_ms DESC, id DESC LIMIT ?
        """

    /// The statement that counts orphans with what they were charged, and breaches.
    static let exceptionTally = """
        SELECT ifnull(sum(kind = 'orphan'), 0), ifnull(sum(spent_nano_usd) FILTER (WHERE kind = 'orphan'), 0),
            ifnull(sum(kind = 'breach'), 0)
        FROM journal WHERE kind IN ('orphan', 'breach') AND reserved_ms >= ? AND reserved_ms < ?
        """

    private static func lists(_ scope: BudgetScope) -> [(column: String, values: [String])] {
        [
            ("provider", scope.providers), ("model", scope.models), ("function", scope.functions),
            // A call without a tenant fits no list.
            ("tenant", scope.tenants?.subtracting([""])),
        ].compactMap { column, values in values.map { (column, $0.sorted()) } }
    }

    /// Questions are as many as calls: they are summed up from the journal, from the first entry of the span on.
    ///
    /// Where enough have cost something, the others are not sorted; these are half of the entries.
    private static func dearestQuestions(
        _ query: SpendQuery, atMost count: Int, _ database: Database
    ) throws -> [SpendSum] {
        let (from, to) = (query.quarters.lowerBound * 900_000, query.quarters.upperBound * 900_000)
        let first = try firstEntry(at: from, database)
        func rows(withFree: Bool) throws -> [Row] {
            try Row.fetchAll(
                database, sql: dearest,
                arguments: ["first": first, "from": from, "to": to, "withFree": withFree, "count": max(0, count)])
        }
        var found = try rows(withFree: false)
        if found.count < count { found = try rows(withFree: true) }
        return found.map { row in
            SpendSum(
                key: .question(row[0]),
                amounts: SpendAmounts(
                    calls: row[1], inputTokens: row[2], outputTokens: row[3], spent: Money(nanoUSD: row[4]),
                    held: Money(nanoUSD: row[5]), replays: nil, questions: row[6]))
        }
    }

    /// The statement that sums up the dearest questions; it finds these first, by as few columns as that takes.
    private static let dearest = """
        WITH dearest AS (
            SELECT question_id FROM journal
            WHERE id >= :first AND reserved_ms >= :from AND reserved_ms < :to AND (spent_nano_usd <> 0 OR :withFree)
            GROUP BY question_id ORDER BY sum(spent_nano_usd) DESC, question_id LIMIT :count)
        SELECT question_id, sum(kind = 'reserve') - sum(kind = 'release'),
            sum(CASE kind WHEN 'settle' THEN ifnull(input_tokens, 0) + ifnull(cache_read_tokens, 0)
                + ifnull(cache_write_tokens, 0) ELSE 0 END),
            sum(CASE kind WHEN 'settle' THEN ifnull(output_tokens, 0) ELSE 0 END),
            sum(spent_nano_usd) AS spent, sum(held_nano_usd), max(kind = 'settle')
        FROM journal
        WHERE id >= :first AND reserved_ms >= :from AND reserved_ms < :to AND question_id IN dearest
        GROUP BY question_id ORDER BY spent DESC, question_id
        """

    /// The first entry that was written at or after an instant, found by halves: entries are in the order of time.
    ///
    /// Where a person has set the clock right, they are only at or after the instant of that: the search begins there.
    private static func firstEntry(at instant: Int64, _ database: Database) throws -> Int64 {
        let setRight = try Int64.fetchOne(database, sql: "SELECT min(at_ms) FROM decisions WHERE kind = 'clock'")
        let milliseconds = min(instant, setRight ?? instant)
        let last = try Int64.fetchOne(database, sql: "SELECT max(id) FROM journal") ?? 0
        var (before, after): (Int64, Int64) = (0, last + 1)
        let entry = try database.cachedStatement(sql: "SELECT at_ms FROM journal WHERE id = ?")
        while after - before > 1 {
            let middle = before + (after - before) / 2
            guard let at = try Int64.fetchOne(entry, arguments: [middle]) else { return 1 }
            if at < milliseconds { before = middle } else { after = middle }
        }
        return after
    }
}
