/// What `sluice dead list` shows.
package struct DeadLetterList: Encodable, Sendable {
    let letters: [DeadLetter]
    /// How many there are in all, with those that are not listed.
    let total: Int

    /// One line a letter.
    package var text: String {
        guard total > 0 else { return "No dead letters.\n" }
        let rows = letters.map {
            [$0.id, $0.function, $0.error ?? "-", "\($0.attempt)", $0.failedAt ?? "-", "\($0.bytes)"].map {
                printable($0)
            }
        }
        let table = TextColumns.text(
            [["ID", "FUNCTION", "ERROR", "ATTEMPT", "FAILED AT", "BYTES"]] + rows, numeric: [3, 5])
        return table + (total > letters.count ? "\(total) in all; see --limit\n" : "")
    }
}

/// What `sluice dead show` shows.
package struct DeadLetterDetails: Encodable, Sendable {
    let letters: [DeadLetter]

    /// A block a letter.
    package var text: String { letters.map(\.text).joined(separator: "\n") }
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
    /// - Returns: A line, and one for each that stays.
    package func text(_ verb: String) -> String {
        kept.reduce(into: "\(letters.count) dead letter\(letters.count == 1 ? "" : "s") \(verb)\n") { text, letter in
            text += printable("\(letter.id) of \(letter.function) stays: \(letter.reason)") + "\n"
        }
    }
}
