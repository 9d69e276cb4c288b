/// One SQL statement with its values.
package struct PostgresStatement: Sendable {
    /// The text, with `$1`, `$2` … for the values.
    package let sql: String
    /// The values.
    package let values: [PostgresValue]
    /// Whether the connection keeps the statement prepared under its text; not for texts that are used once.
    package let isPrepared: Bool

    /// Makes a statement.
    package init(_ sql: String, _ values: [PostgresValue] = [], isPrepared: Bool = true) {
        self.sql = sql
        self.values = values
        self.isPrepared = isPrepared
    }
}

/// What a statement gave.
package struct PostgresResult: Sendable {
    /// The rows; none where it gives none.
    package let rows: [PostgresRow]
    /// How many rows it wrote or gave.
    package let count: Int
    /// The server's word for what it did, such as `COMMIT` or `ROLLBACK`.
    package let command: String
}

/// One row of a result.
package struct PostgresRow: Sendable, Hashable {
    let values: [PostgresValue]

    /// Reads a column, counted from 0.
    ///
    /// - Throws: ``PostgresError/unexpectedType(column:)`` where it has another type, or is null and may not be.
    package func get<Value: PostgresReadable>(
        _ column: Int, as type: Value.Type = Value.self
    ) throws(PostgresError) -> Value {
        guard values.indices.contains(column), let value = Value(values[column]) else {
            throw .unexpectedType(column: column)
        }
        return value
    }
}
