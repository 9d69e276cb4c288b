/// The text that stands for a value, such as `[PHONE_1]`.
struct Placeholder: Sendable, Hashable {
    /// What is behind it.
    let kind: Kind
    /// Which one of its kind, from 1.
    let number: Int

    /// The text itself.
    var text: String { "[\(kind.rawValue)_\(number)]" }

    /// The most digits of a placeholder's number: a longer one could be a phone number in disguise.
    private static let digitsMax = 5

    /// All placeholders that a text already holds, in order.
    static func all(in scalars: [Unicode.Scalar]) -> [(placeholder: Placeholder, range: Range<Int>)] {
        var found: [(Placeholder, Range<Int>)] = []
        var start = 0
        while start < scalars.count {
            if scalars[start] == "[", let (placeholder, end) = read(scalars, from: start) {
                found.append((placeholder, start..<end))
                start = end
            } else {
                start += 1
            }
        }
        return found
    }

    private static func read(_ scalars: [Unicode.Scalar], from start: Int) -> (Placeholder, Int)? {
        var end = start + 1
        var label = ""
        while end < scalars.count, end - start < 32, isLabel(scalars[end]) {
            label.unicodeScalars.append(scalars[end])
            end += 1
        }
        guard label.last == "_", let kind = Kind(rawValue: String(label.dropLast())) else { return nil }
        let digits = end
        while end < scalars.count, end - digits <= digitsMax, ("0"..."9").contains(scalars[end]) { end += 1 }
        guard (1...digitsMax).contains(end - digits), scalars[digits] != "0", end < scalars.count, scalars[end] == "]"
        else {
            return nil
        }
        let number = scalars[digits..<end].reduce(0) { $0 * 10 + Int($1.value & 0xF) }
        return (Placeholder(kind: kind, number: number), end + 1)
    }

    private static func isLabel(_ scalar: Unicode.Scalar) -> Bool { ("A"..."Z").contains(scalar) || scalar == "_" }
}
