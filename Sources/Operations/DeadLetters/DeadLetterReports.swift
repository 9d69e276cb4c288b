import Composition
package import Documents

/// What `sluice dead list` shows.
package struct DeadLetterList: Encodable, Sendable {
    let letters: [DeadLetter]
    /// How many there are in all, with those that are not listed.
    let total: Int

    /// A row a letter.
    package var document: Document {
        let table = DeadLetter.table(letters)
        var blocks: [Section.Block] = letters.isEmpty ? [] : [.table(table)]
        if total > letters.count {
            blocks.append(.note("These are the first \(letters.count.grouped) of \(total.grouped); see --limit."))
        }
        return Document(
            headline: total == 0 ? "No dead letters" : total.counted("dead letter"),
            sections: blocks.isEmpty ? [] : [Section(blocks)], records: table, value: self)
    }
}

/// What `sluice dead show` shows.
package struct DeadLetterDetails: Encodable, Sendable {
    let letters: [DeadLetter]

    /// A section a letter.
    package var document: Document {
        Document(
            headline: letters.count.counted("dead letter"), sections: letters.map(\.section),
            records: DeadLetter.table(letters), value: self)
    }
}

/// What `sluice dead replay` and `sluice dead purge` did.
package struct DeadLetterChanges: Encodable, Sendable {
    /// One letter that left its queue.
    package struct Line: Encodable, Sendable {
        let id, function: String
    }

    /// One letter that stays where it is.
    package struct Kept: Encodable, Sendable {
        let id, function, reason: String
    }

    let letters: [Line]
    let kept: [Kept]

    /// Whether all that were meant have left.
    package var isWhole: Bool { kept.isEmpty }

    /// How many, and which stay.
    ///
    /// - Parameter verb: What was done, such as `replayed`.
    /// - Returns: A headline, and a fact for each that stays; each of either is a record.
    package func document(_ verb: String) -> Document {
        Document(
            headline: "\(letters.count.counted("dead letter")) \(verb)",
            sections: kept.isEmpty
                ? []
                : [Section(title: "Kept", [.facts(kept.map { Fact("\($0.id) of \($0.function)", $0.reason) })])],
            records: Table(
                columns: [
                    Column("id", "ID"), Column("function", "Function"), Column("outcome", "Outcome"),
                    Column("reason", "Reason"),
                ],
                rows: letters.map { [.text($0.id), .text($0.function), .text(verb), .none] }
                    + kept.map { [.text($0.id), .text($0.function), .text("kept"), .text($0.reason)] }),
            value: self)
    }
}
