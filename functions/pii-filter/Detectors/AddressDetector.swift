/// Finds postal addresses: after words such as "residing at", and from a house number to a PIN code.
///
/// A city alone is no address.
struct AddressDetector: Detector {
    /// The longest address in characters, so that the work stays linear.
    private static let lengthMax = 160

    func candidates(in text: FoldedText) -> [Candidate] {
        var found: [Candidate] = []
        var end = 0
        for index in text.tokens.indices where text.tokens[index].range.lowerBound >= end {
            guard let range = address(text, at: index) else { continue }
            found.append(Candidate(kind: .address, range: range, key: key(text, range), strength: .soft))
            end = range.upperBound
        }
        return found
    }

    /// What is between commas and spaces does not make it another address.
    private func key(_ text: FoldedText, _ range: Range<Int>) -> String {
        text.lowercased(range).filter { $0.isLetter || $0.isNumber }
    }

    private func address(_ text: FoldedText, at index: Int) -> Range<Int>? {
        let isMarked = isHouse(text, at: index)
        let isCued = isCue(text, endingBefore: index)
        guard isMarked || isCued || isHouseNumber(text, at: index) else { return nil }
        let start = text.tokens[index].range.lowerBound
        let (end, hasPIN) = end(text, from: index)
        if hasPIN { return start..<end }
        guard isMarked || isCued else { return nil }
        let range = start..<end
        let commas = range.count { text.has(",", at: $0) }
        let hasDigit = range.contains { text.classes[$0] == .digit }
        return commas >= 1 && hasDigit ? range : nil
    }

    /// "30, 13th Cross": a number of its own and a comma.
    private func isHouseNumber(_ text: FoldedText, at index: Int) -> Bool {
        let token = text.tokens[index]
        return token.isNumber && token.range.count <= 5 && text.has(",", at: token.range.upperBound)
            && text.kind(at: token.range.upperBound + 1) == .space
            && !text.isAlphanumeric(at: token.range.lowerBound - 1)
    }

    /// "Flat 12", "Plot no 7", "H No 4" and the like.
    private func isHouse(_ text: FoldedText, at index: Int) -> Bool {
        let token = text.tokens[index]
        let isShort = token.text == "h" && text.has(".", at: token.range.upperBound)
        guard token.traits.contains(.house) || isShort else { return false }
        for next in (index + 1)..<min(index + 4, text.tokens.count) {
            if text.tokens[next].isNumber { return text.tokens[next].range.lowerBound - token.range.upperBound <= 12 }
            guard ["no", "number", "h", "hno"].contains(text.tokens[next].text) || text.tokens[next].range.count == 1
            else {
                return false
            }
        }
        return false
    }

    private func isCue(_ text: FoldedText, endingBefore index: Int) -> Bool {
        func word(_ offset: Int) -> String { index >= offset ? text.tokens[index - offset].text : "" }
        guard index > 0, text.tokens[index - 1].traits.contains(.addressLead),
            text.tokens[index].range.lowerBound - text.tokens[index - 1].range.upperBound <= 4
        else {
            return false
        }
        switch (word(2), word(1)) {
        case ("residing", "at"), ("reside", "at"), ("living", "at"), ("live", "at"), ("lives", "at"), ("staying", "at"),
            ("resident", "of"), ("address", "is"), ("r", "o"), ("located", "at"), ("pata", "hai"), ("address", "as"):
            return true
        case (_, "address"), (_, "addr"), (_, "पता"): return !text.tokens[index].traits.contains(.filler)
        default: return false
        }
    }

    /// Where an address ends: behind a PIN code, or else with its sentence, its line or before a word of another clause.
    private func end(_ text: FoldedText, from first: Int) -> (end: Int, hasPIN: Bool) {
        let limit = text.tokens[first].range.lowerBound + Self.lengthMax
        var end = text.tokens[first].range.upperBound
        for index in first..<text.tokens.count {
            let token = text.tokens[index]
            guard token.range.upperBound <= limit else { break }
            if index > first {
                if isBreak(text, before: index) { break }
                if token.traits.contains(.addressStop), token.shape == .lower { break }
                if let pin = pinEnd(text, at: index) { return (pin, true) }
            }
            end = token.range.upperBound
        }
        return (end, false)
    }

    /// A new line, a stop behind a long word, or a mark that no address holds.
    private func isBreak(_ text: FoldedText, before index: Int) -> Bool {
        let left = text.tokens[index - 1].range
        for position in left.upperBound..<text.tokens[index].range.lowerBound {
            if text.values[position] == Folding.barrier || text.classes[position] == .newline { return true }
            if text.has(";", at: position) || text.has("?", at: position) || text.has("!", at: position) { return true }
            if text.has(".", at: position), text.kind(at: position + 1) == .space, left.count > 3 { return true }
        }
        return false
    }

    /// Six digits, the first not 0, in one group or two, after a word.
    private func pinEnd(_ text: FoldedText, at index: Int) -> Int? {
        let token = text.tokens[index]
        guard token.isNumber, !text.has("0", at: token.range.lowerBound), !text.tokens[index - 1].isNumber,
            !text.isAlphanumeric(at: token.range.lowerBound - 1)
        else { return nil }
        if token.range.count == 6 {
            return text.isAlphanumeric(at: token.range.upperBound) ? nil : token.range.upperBound
        }
        guard token.range.count == 3, index + 1 < text.tokens.count, text.kind(at: token.range.upperBound) == .space
        else {
            return nil
        }
        let next = text.tokens[index + 1]
        guard next.isNumber, next.range.count == 3, next.range.lowerBound == token.range.upperBound + 1 else {
            return nil
        }
        return next.range.upperBound
    }

    /// Words that a house number follows.
    static let houses = "flat house hno plot door apartment apt villa quarter qtr bungalow shop room"

    /// The last words of cues.
    static let leads = "at of o is hai as address addr पता"

    /// Words of the next clause.
    static let stops = """
        and but want wants who was is has have had my phone mobile email i on for because where which that do would wish am me not
        """
}
