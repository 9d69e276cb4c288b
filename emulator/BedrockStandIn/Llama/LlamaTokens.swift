/// Cuts text into pieces much like Llama 3's tokeniser does; an approximation that needs no vocabulary.
///
/// Like the real one it first splits text into words with the space before them, numbers of up to three digits, runs of
/// punctuation, and line ends. The real one then looks pieces up in a vocabulary of 128,000; here a word of ASCII letters
/// is one token for its first six letters and one for each four more, another letter is a token by itself, and
/// punctuation makes a token of up to three marks. On English that gives about 1.3 tokens a word, as is usual for Llama 3.
///
/// No token is empty, so there are never more tokens than bytes; a special token such as `<|eot_id|>` is one.
///
///     "You can return it."   ->   "You", " can", " return", " it", "."
enum LlamaTokens {
    /// The tokens in order; joined they are the text.
    static func split(_ text: String) -> [Substring] {
        var tokens: [Substring] = []
        var rest = text[...]
        while let piece = nextPiece(rest) {
            tokens += cut(piece)
            rest = rest[piece.endIndex...]
        }
        return tokens
    }

    private static let specials = [
        "<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>",
    ]

    private static func nextPiece(_ rest: Substring) -> Substring? {
        guard let first = rest.first else { return nil }
        if first == "<", let special = specials.first(where: { rest.hasPrefix($0) }) {
            return rest.prefix(special.count)
        }
        if first.isNewline { return rest.prefix { $0.isNewline } }
        if first.isWhitespace {
            // The last space of a run belongs to what follows.
            let spaces = rest.prefix { $0.isWhitespace && !$0.isNewline }
            guard spaces.count == 1 else { return spaces.dropLast() }
            let after = rest[spaces.endIndex...]
            guard let next = after.first, !next.isWhitespace, !next.isNumber else { return spaces }
            return rest[..<run(after, of: next).endIndex]
        }
        return run(rest, of: first)
    }

    private static func run(_ rest: Substring, of first: Character) -> Substring {
        if first.isLetter { return rest.prefix { $0.isLetter } }
        if first.isNumber { return rest.prefix(3).prefix { $0.isNumber } }
        var isFirst = true
        return rest.prefix { character in
            defer { isFirst = false }
            // A special token begins with the same mark as other punctuation.
            return !character.isLetter && !character.isNumber && !character.isWhitespace
                && (isFirst || character != "<")
        }
    }

    private static func cut(_ piece: Substring) -> [Substring] {
        guard !piece.hasPrefix("<|"), let first = piece.first(where: { !$0.isWhitespace }) else { return [piece] }
        guard first.isLetter else { return chunks(piece, first: 3, other: 3) }
        guard piece.utf8.count == piece.count else { return chunks(piece, first: 1, other: 1) }
        return chunks(piece, first: piece.first?.isLetter == true ? 6 : 7, other: 4)
    }

    private static func chunks(_ piece: Substring, first: Int, other: Int) -> [Substring] {
        var tokens = [piece.prefix(first)]
        var rest = piece.dropFirst(first)
        while !rest.isEmpty {
            tokens.append(rest.prefix(other))
            rest = rest.dropFirst(other)
        }
        return tokens
    }
}
