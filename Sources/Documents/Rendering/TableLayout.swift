/// Which columns of a table are shown in a width, and how wide each is.
struct TableLayout {
    /// A column that is shown.
    struct Placed {
        let index: Int
        var width: Int
        let isNumeric: Bool
    }

    private(set) var columns: [Placed] = []
    /// The columns that found no room.
    private(set) var leftOut: [Int] = []
    /// Blanks between two columns.
    private(set) var gap = 2

    private static let textMin = 12
    private static let barMin = 8
    private static let barMax = 40

    init(_ table: VisibleTable, width: Int) {
        var shown = Array(table.columns.indices)
        place(shown, of: table)
        // What matters least goes first; columns move together, or words are shortened, before anything that matters more.
        for importance in [Column.Importance.low, .normal] {
            if importance > .low { tighten(table, to: width) }
            while total > width, let dropped = shown.last(where: { table.columns[$0].importance == importance }) {
                shown.removeAll { $0 == dropped }
                leftOut.append(dropped)
                place(shown, of: table)
                if importance > .low { shrinkTexts(table, to: width) }
            }
        }
        leftOut.sort()
        growBars(table, to: width)
    }

    /// How wide the table is.
    var total: Int { columns.map(\.width).reduce(0, +) + gap * max(0, columns.count - 1) }

    private mutating func place(_ shown: [Int], of table: VisibleTable) {
        columns = shown.map { index in
            Placed(index: index, width: Self.natural(table, index), isNumeric: table.columns[index].isNumeric)
        }
    }

    private static func natural(_ table: VisibleTable, _ column: Int) -> Int {
        let word = table.columns[column].title.split(separator: " ").map { TerminalText.width(String($0)) }.max() ?? 0
        if table.isBar[column] { return max(word, barMin) }
        let cells = (table.rows + [table.total].compactMap { $0 }).map { TerminalText.width($0[column]) }.max() ?? 0
        return max(word, cells)
    }

    /// Makes do with one blank between columns where that is enough, else with shorter words, else with both.
    private mutating func tighten(_ table: VisibleTable, to width: Int) {
        guard total > width else { return }
        gap = 1
        guard total > width else { return }
        gap = 2
        shrinkTexts(table, to: width)
        if total > width { gap = 1 }
    }

    /// Shortens columns of words, the widest first.
    private mutating func shrinkTexts(_ table: VisibleTable, to width: Int) {
        while total > width {
            let widest = columns.indices.filter {
                table.isText[columns[$0].index] && columns[$0].width > Self.textMin
            }.max { columns[$0].width < columns[$1].width }
            guard let widest else { return }
            columns[widest].width -= 1
        }
    }

    private mutating func growBars(_ table: VisibleTable, to width: Int) {
        for position in columns.indices where table.isBar[columns[position].index] {
            columns[position].width = min(Self.barMax, columns[position].width + max(0, width - total))
        }
    }
}
