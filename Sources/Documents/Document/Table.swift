/// Rows under typed columns.
package struct Table: Sendable {
    /// The columns, from left to right.
    package var columns: [Column]
    /// A cell for each column in each row.
    package var rows: [[Cell]]
    /// The last row, which sums up the others; nil where nothing is summed.
    ///
    /// Never among the records of `csv`, where a reader would count it twice.
    package var total: [Cell]?

    /// Makes a table.
    ///
    /// - Precondition: Each row, and the total, has a cell for each column.
    package init(columns: [Column], rows: [[Cell]], total: [Cell]? = nil) {
        precondition(
            (rows + [total].compactMap { $0 }).allSatisfy { $0.count == columns.count },
            "a row of a table has a cell for each column")
        self.columns = columns
        self.rows = rows
        self.total = total
    }
}
