/// Writes a document for a terminal.
struct TableRenderer {
    let document: Document
    let terminal: Terminal

    var text: String {
        var lines = TerminalText.wrapped(TerminalText.clean(document.headline), to: terminal.width)
            .map { Ink.bold.applied(to: $0, terminal) }
        for section in document.sections {
            lines.append("")
            if let title = section.title {
                lines += TerminalText.wrapped(TerminalText.clean(title), to: terminal.width)
                    .map { Ink.bold.applied(to: $0, terminal) }
            }
            lines += section.blocks.compactMap { block in
                switch block {
                case .table(let table): self.lines(table)
                case .note(let text), .explanation(_, let text):
                    TerminalText.wrapped(TerminalText.clean(text), to: min(terminal.width, 100))
                case .facts(let facts): self.lines(facts)
                case .verbatim(let text): [TerminalText.clean(text, keepsLines: true)]
                // The table of the same numbers is in the document.
                case .chart: nil
                }
            }.joined(separator: [""])
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func lines(_ table: Table) -> [String] {
        let visible = VisibleTable(table, timeZone: document.timeZone)
        let layout = TableLayout(visible, width: terminal.width)
        let head = layout.columns.map { TerminalText.wrapped(visible.columns[$0.index].title, to: $0.width) }
        let height = head.map(\.count).max() ?? 0
        var lines = (0..<height).map { line in
            joined(layout) { position, _ in
                // Titles stand on the rule.
                let words = head[position]
                let offset = line - (height - words.count)
                return words.indices.contains(offset) ? words[offset] : ""
            }
        }.map { Ink.dim.applied(to: $0, terminal) }
        lines.append(rule(layout))
        lines += visible.rows.indices.map { row in
            joined(layout) { _, column in
                guard let bar = visible.bars[row][column.index] else { return visible.rows[row][column.index] }
                return bar.text(width: column.width, isUnicode: terminal.isUnicode)
            } ink: { column in
                visible.bars[row][column.index].map { Ink($0.level) } ?? .plain
            }
        }
        if let total = visible.total {
            lines.append(rule(layout))
            lines.append(joined(layout) { _, column in total[column.index] })
        }
        if !layout.leftOut.isEmpty {
            let names = layout.leftOut.map { visible.columns[$0].title }.joined(separator: ", ")
            lines += TerminalText.wrapped(
                "Left out for lack of room: \(names). A wider terminal or --format csv shows all.", to: terminal.width
            ).map { Ink.dim.applied(to: $0, terminal) }
        }
        return lines
    }

    /// The names under each other, and the words beside them, or below where a name is long.
    private func lines(_ facts: [Fact]) -> [String] {
        let names = facts.map { TerminalText.clean($0.name) }
        let width = names.map(TerminalText.width).max() ?? 0
        let isBeside = width <= terminal.width / 3
        let indent = String(repeating: " ", count: isBeside ? width + 4 : 4)
        return zip(names, facts).flatMap { name, fact in
            let words = TerminalText.wrapped(TerminalText.clean(fact.words), to: terminal.width - indent.count)
            guard isBeside, let first = words.first else { return ["  " + name] + words.map { indent + $0 } }
            let padding = String(repeating: " ", count: width - TerminalText.width(name))
            return ["  \(name)\(padding)  \(first)"] + words.dropFirst().map { indent + $0 }
        }
    }

    private func rule(_ layout: TableLayout) -> String {
        let line = terminal.isUnicode ? "─" : "-"
        return Ink.dim.applied(to: String(repeating: line, count: layout.total), terminal)
    }

    private func joined(
        _ layout: TableLayout, _ text: (Int, TableLayout.Placed) -> String,
        ink: (TableLayout.Placed) -> Ink = { _ in .plain }
    ) -> String {
        var line = ""
        for (position, column) in layout.columns.enumerated() {
            let words = TerminalText.shortened(
                text(position, column), to: column.width, ellipsis: terminal.isUnicode ? "…" : "~")
            let padding = String(repeating: " ", count: max(0, column.width - TerminalText.width(words)))
            let inked = ink(column).applied(to: words, terminal)
            let isLast = position == layout.columns.count - 1
            line += column.isNumeric ? padding + inked : inked + (isLast ? "" : padding)
            if !isLast { line += String(repeating: " ", count: layout.gap) }
        }
        while line.last == " " { line.removeLast() }
        return line
    }
}
