/// Cuts a section into texts of a size that an embedder reads whole and an answer can rest on.
///
/// Cuts are made between blocks where that fits, else between sentences, else between words. A text after the first
/// begins with the end of the one before, whole sentences of it where they fit, else its last words, so that what a cut
/// parts is found in one of them.
struct Chunker {
    /// The most characters (Unicode scalars) of a text: a MiniLM reads about a thousand.
    var sizeMax = 1000
    /// The most of them that come again in the next text.
    var overlapMax = 150

    /// A part that is not cut further, and what stood between it and the one before.
    private struct Piece {
        var text: Substring
        var separator: String
        var size: Int { text.unicodeScalars.count }
    }

    /// The texts of a section, in order.
    func texts(of blocks: [String]) -> [String] {
        var texts: [String] = []
        var chunk: [Piece] = []
        var hasNew = false
        for piece in blocks.flatMap(pieces) {
            if hasNew, size(of: chunk) + piece.separator.count + piece.size > sizeMax {
                texts.append(joined(chunk))
                chunk = overlap(of: chunk, before: piece)
            }
            chunk.append(piece)
            hasNew = true
        }
        if hasNew { texts.append(joined(chunk)) }
        return texts
    }

    /// The last pieces, as many as the overlap and the next text have room for.
    private func overlap(of chunk: [Piece], before next: Piece) -> [Piece] {
        var kept: [Piece] = []
        var room = min(overlapMax, sizeMax - next.size - next.separator.count)
        // Never all of it: each text has something new at its start, too.
        for piece in chunk.dropFirst().reversed() {
            room -= piece.size + piece.separator.count
            guard room >= 0 else { break }
            kept.insert(piece, at: 0)
        }
        return kept.isEmpty ? lastWords(of: chunk, before: next) : kept
    }

    private func lastWords(of chunk: [Piece], before next: Piece) -> [Piece] {
        let room = min(overlapMax, sizeMax - next.size - next.separator.count)
        guard let last = chunk.last, room > 0, last.size > room else { return [] }
        let start = last.text.unicodeScalars.index(last.text.endIndex, offsetBy: -room - 1)
        guard let space = last.text[start...].firstIndex(where: \.isWhitespace) else { return [] }
        let words = last.text[space...].drop(while: \.isWhitespace)
        return words.isEmpty ? [] : [Piece(text: words, separator: last.separator)]
    }

    private func size(of pieces: [Piece]) -> Int {
        pieces.enumerated().reduce(0) { $0 + $1.element.size + ($1.offset == 0 ? 0 : $1.element.separator.count) }
    }

    private func joined(_ pieces: [Piece]) -> String {
        pieces.enumerated().reduce(into: "") { text, piece in
            if piece.offset > 0 { text += piece.element.separator }
            text += piece.element.text
        }
    }

    /// A block as pieces that fit: sentences, cut between words where one is too long.
    private func pieces(of block: String) -> [Piece] {
        var pieces: [Piece] = []
        for (lineIndex, line) in block.split(separator: "\n").enumerated() {
            for (index, sentence) in sentences(of: line).enumerated() {
                let separator = index > 0 ? " " : lineIndex > 0 ? "\n" : "\n\n"
                for (cut, part) in parts(of: sentence).enumerated() {
                    pieces.append(Piece(text: part, separator: cut > 0 ? " " : separator))
                }
            }
        }
        return pieces
    }

    /// The sentences of a line; a mark ends one where a space follows.
    private func sentences(of line: Substring) -> [Substring] {
        var sentences: [Substring] = []
        var rest = line.drop { $0.isWhitespace }
        while let end = sentenceEnd(of: rest) {
            sentences.append(rest[..<end])
            rest = rest[end...].drop { $0.isWhitespace }
        }
        if !rest.isEmpty { sentences.append(rest) }
        return sentences
    }

    private func sentenceEnd(of text: Substring) -> Substring.Index? {
        var index = text.startIndex
        while index < text.endIndex {
            let next = text.index(after: index)
            if ".?!;।:".contains(text[index]), next < text.endIndex, text[next].isWhitespace { return next }
            index = next
        }
        return nil
    }

    private func parts(of sentence: Substring) -> [Substring] {
        var parts: [Substring] = []
        var rest = sentence
        while rest.unicodeScalars.count > sizeMax {
            var end = rest.unicodeScalars.index(rest.startIndex, offsetBy: sizeMax)
            // A character of several scalars stays whole, unless it alone is longer than a text may be.
            let whole = rest.indices.last { $0 <= end }
            if let whole, whole > rest.startIndex { end = whole }
            if let space = rest[..<end].lastIndex(where: \.isWhitespace), space > rest.startIndex { end = space }
            parts.append(rest[..<end])
            rest = rest[end...].drop { $0.isWhitespace }
        }
        if !rest.isEmpty { parts.append(rest) }
        return parts
    }
}
