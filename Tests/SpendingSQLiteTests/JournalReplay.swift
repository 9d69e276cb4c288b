import GRDB
import SQLite
import Testing

/// What a journal says, entry by entry.
struct JournalReplay {
    struct Entry {
        let id: Int64
        let kind: String
        let holdID: Int64
        let tokens: Int64?
        let spent: Int64
        let held: Int64
        let atMS: Int64
    }

    struct Line: Hashable {
        let budget: String
        let periodStartMS: Int64
    }

    let entries: [Entry]
    /// The budgets of each hold, with the limit in force when it was made.
    let lines: [Int64: [(line: Line, limit: Int64)]]

    init(_ store: SQLiteStore) async throws {
        (entries, lines) = try await store.read { database in
            let entries = try Row.fetchAll(
                database,
                sql: """
                    SELECT id, kind, hold_id, input_tokens, spent_nano_usd, held_nano_usd, at_ms FROM journal ORDER BY id
                    """
            ).map {
                Entry(id: $0[0], kind: $0[1], holdID: $0[2], tokens: $0[3], spent: $0[4], held: $0[5], atMS: $0[6])
            }
            let lines = try Row.fetchAll(database, sql: "SELECT * FROM hold_budgets").reduce(
                into: [Int64: [(line: Line, limit: Int64)]]()
            ) { lines, row in
                lines[row["hold_id"], default: []].append(
                    (Line(budget: row["budget"], periodStartMS: row["period_start_ms"]), row["limit_nano_usd"]))
            }
            return (entries, lines)
        }
    }

    /// Expects that no entry leaves a budget above its limit, and gives what is spent in the end.
    @discardableResult
    func expectWithinLimits() -> [Line: Int64] {
        var spent: [Line: Int64] = [:]
        var held: [Line: Int64] = [:]
        var overshoots: [Int64] = []
        for entry in entries {
            for (line, limit) in lines[entry.holdID] ?? [] {
                spent[line, default: 0] += entry.spent
                held[line, default: 0] += entry.held
                let (spent, held) = (spent[line, default: 0], held[line, default: 0])
                if spent < 0 || held < 0 || spent + held > limit { overshoots.append(entry.id) }
            }
        }
        #expect(overshoots.isEmpty)
        #expect(zip(entries, entries.dropFirst()).allSatisfy { $0.atMS <= $1.atMS })
        return spent.filter { $0.value != 0 }
    }
}
