package import GRDB

/// The time by which a store deletes for good: the clock's, but not at once where it leaps ahead.
///
/// A file has no other clock than its program's. One that is a hundred days ahead would delete what everybody wants to
/// keep, so a leap of more than a day counts only when a day has passed since without the clock going back. Until then time
/// stands where it was: what is old is kept a little longer, nothing is lost. It never goes back itself; what is written
/// under a clock that is behind must not look old, see ``notBefore(_:in:)``.
package enum SettledTime {
    /// The most that the clock may be ahead of the last look, in milliseconds: a program that is left running looks far
    /// more often.
    private static let leapMax: Int64 = 86_400_000
    /// How far the clock may go back without having been wrong, in milliseconds.
    private static let stepBackMax: Int64 = 60_000

    /// Makes a table for one time.
    ///
    /// - Parameters:
    ///   - name: The table's.
    ///   - newest: SQL that gives the newest instant of what the store holds already, in milliseconds; NULL for nothing.
    ///   - database: Where it is made, within a migration.
    /// - Throws: `DatabaseError`.
    package static func makeTable(_ name: String, newest: String, _ database: Database) throws {
        try database.execute(
            sql: """
                CREATE TABLE \(name) (
                    is_only INTEGER PRIMARY KEY CHECK (is_only = 1),
                    settled_ms INTEGER NOT NULL,
                    -- What the clock said when it was looked at last, settled or not.
                    seen_ms INTEGER NOT NULL,
                    -- Where a leap that is not settled yet has led.
                    leap_ms INTEGER
                ) STRICT;
                INSERT INTO \(name) SELECT 1, newest, newest, NULL FROM (SELECT (\(newest)) AS newest) WHERE newest IS NOT NULL;
                """)
    }

    /// SQL for an instant in milliseconds, or for the settled time where that is later.
    package static func notBefore(_ instant: String, in table: String) -> String {
        "max(\(instant), ifnull((SELECT settled_ms FROM \(table)), 0))"
    }

    /// Looks at the clock, within a transaction that writes.
    ///
    /// - Parameters:
    ///   - table: One that ``makeTable(_:newest:_:)`` made.
    ///   - newest: SQL as there: nobody may have looked since the store was made.
    ///   - clockMS: What the clock says, in milliseconds since 1970.
    ///   - database: The store.
    /// - Returns: The settled time, in milliseconds since 1970.
    /// - Throws: `DatabaseError`.
    package static func look(
        _ table: String, newest: String, clockMS: Int64, _ database: Database
    ) throws -> Int64 {
        let row = try Row.fetchOne(database.cachedStatement(sql: "SELECT settled_ms, seen_ms, leap_ms FROM \(table)"))
        // At the first look, what is held was written by a clock that may have been another.
        let first = row == nil ? min(clockMS, try Int64.fetchOne(database, sql: newest) ?? clockMS) : clockMS
        var settled: Int64 = row?[0] ?? first
        let seen: Int64 = row?[1] ?? first
        var leap: Int64? = row?[2]
        if clockMS - seen > leapMax {
            // What was seen before has stood until now.
            (settled, leap) = (max(settled, seen), clockMS)
        } else if clockMS < seen - stepBackMax {
            // The leap was none, or a smaller one. What was settled stays.
            leap = clockMS - settled > leapMax ? clockMS : nil
        } else if let began = leap {
            if clockMS - began >= leapMax { (settled, leap) = (clockMS, nil) }
        } else {
            settled = max(settled, clockMS)
        }
        try database.cachedStatement(
            sql: """
                INSERT INTO \(table) VALUES (1, ?1, ?2, ?3)
                ON CONFLICT (is_only) DO UPDATE
                    SET settled_ms = excluded.settled_ms, seen_ms = excluded.seen_ms, leap_ms = excluded.leap_ms
                """
        ).execute(arguments: [settled, clockMS, leap])
        return settled
    }
}
