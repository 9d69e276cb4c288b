import Answers
import FunctionKit

/// An answer whose citations are checked against the passages that the model was shown.
///
/// A citation is one or more ids in square brackets, `[a]`, `[a][b]` or `[a, b]`. Ids of no passage are invented: they
/// are taken out, with the space before them. Placeholders such as `[PHONE_1]`, and brackets that hold no id, stay.
///
///     Return it. [defective-goods, made-up] Ask [the seller].   ->   Return it. [defective-goods] Ask [the seller].
struct CitedText {
    /// The answer.
    let text: String
    /// The passages that it names, in the order of first mention, each once.
    let citations: [Citation]
    /// The answer without its citations.
    let prose: String
    /// Whether the answer has no words beside its citations.
    var isEmpty: Bool { !prose.contains { $0.isLetter || $0.isNumber } }

    /// Checks an answer.
    init(_ answer: String, passages: [Passage]) {
        let known = Dictionary(passages.map { ($0.id, $0) }) { first, _ in first }
        var text = ""
        var prose = ""
        var cited: [String] = []
        var rest = answer[...]
        while let opening = rest.firstIndex(of: "[") {
            text += rest[..<opening]
            prose += rest[..<opening]
            rest = rest[opening...]
            guard let bracket = Self.bracket(rest) else {
                text.append(rest.removeFirst())
                continue
            }
            rest = rest[bracket.endIndex...]
            let items = Self.items(bracket)
            // An id may hold spaces, so what is known counts before what looks like an id.
            guard items.allSatisfy({ known[$0] != nil || Self.looksLikeID($0) }) else {
                text += bracket
                prose += bracket
                continue
            }
            let kept = items.filter { known[$0] != nil || Self.isPlaceholder($0) }
            cited += kept.filter { known[$0] != nil }
            if kept.count == items.count {
                text += bracket
            } else if kept.isEmpty {
                text.removeLast(text.reversed().prefix { $0 == " " || $0 == "\t" }.count)
            } else {
                text += "[" + kept.joined(separator: ", ") + "]"
            }
        }
        text += rest
        prose += rest
        self.text = text.trimmed()
        self.prose = prose
        var seen = Set<String>()
        citations = cited.filter { seen.insert($0).inserted }.compactMap { known[$0] }
            .map { Citation(id: $0.id, heading: $0.heading) }
    }

    /// The bracket at the beginning of the text, on one line and without another one within; nil where it does not end.
    private static func bracket(_ text: Substring) -> Substring? {
        guard let end = text.dropFirst().firstIndex(where: { $0 == "]" || $0 == "[" || $0.isNewline }),
            text[end] == "]"
        else { return nil }
        return text[...end]
    }

    private static func items(_ bracket: Substring) -> [String] {
        bracket.dropFirst().dropLast().split(omittingEmptySubsequences: false) { $0 == "," || $0 == ";" }
            .map { String($0).trimmed() }
    }

    private static func looksLikeID(_ item: String) -> Bool {
        !item.isEmpty && !item.contains(where: \.isWhitespace)
    }

    /// Whether the item is what `pii-filter` leaves for personal data, such as `PHONE_1`.
    private static func isPlaceholder(_ item: String) -> Bool {
        item.wholeMatch(of: /[A-Z][A-Z_]*_[0-9]+/) != nil
    }
}

extension String {
    /// The text without whitespace at both ends.
    func trimmed() -> String {
        let start = drop(while: \.isWhitespace)
        return String(start[..<(start.lastIndex { !$0.isWhitespace }.map(start.index(after:)) ?? start.startIndex)])
    }
}
