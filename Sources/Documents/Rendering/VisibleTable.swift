import FoundationEssentials

/// A table in words for people, without the columns that say nothing.
struct VisibleTable {
    let columns: [Column]
    let rows: [[String]]
    let total: [String]?
    /// The bars, where a column has them.
    let bars: [[Bar?]]
    /// For each column, whether it holds bars.
    let isBar: [Bool]
    /// For each column, whether it holds words, which may be shortened.
    let isText: [Bool]

    init(_ table: Table, timeZone: TimeZone) {
        let all = table.rows + [table.total].compactMap { $0 }
        let kept = table.columns.indices.filter { column in
            table.columns[column].importance != .record
                && (!table.columns[column].isHiddenWhenEmpty || all.contains { !$0[column].isEmpty })
        }
        let decimals = kept.map { column in all.compactMap { $0[column].decimals }.max() ?? 2 }
        func texts(_ row: [Cell]) -> [String] {
            zip(kept, decimals).map { row[$0].text(timeZone: timeZone, decimals: $1) }
        }
        columns = kept.map { table.columns[$0] }
        rows = table.rows.map(texts)
        total = table.total.map { row in
            // A total has nothing to say under most columns of words.
            zip(kept, texts(row)).map { row[$0] == .none ? "" : $1 }
        }
        bars = table.rows.map { row in
            kept.map { if case .bar(let bar) = row[$0] { bar } else { nil } }
        }
        isText = kept.map { column in
            !table.columns[column].isWhole
                && table.rows.contains { if case .text = $0[column] { true } else { false } }
        }
        isBar = kept.map { column in table.rows.contains { if case .bar = $0[column] { true } else { false } } }
    }
}
