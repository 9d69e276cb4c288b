/// Runs all detectors over a text, decides where they overlap, and puts numbered placeholders in.
struct Redactor: Sendable {
    /// A text without personal data.
    struct Redaction: Sendable {
        /// The text with placeholders.
        let text: String
        /// How many places were replaced, by placeholder label.
        let counts: [String: Int]
    }

    /// Looks again at its own output this often at most.
    ///
    /// A word that a placeholder has replaced can change what the words around it mean; nearly all texts are the same
    /// after the second look.
    private static let passesMax = 8

    private let detectors: [any Detector] = [
        AddressSignDetector(), NumberDetector(), CodeDetector(), RoadDetector(), BirthDateDetector(), AddressDetector(),
        NameDetector(),
    ]

    /// Takes personal data out of a text until a further look finds nothing.
    func redact(_ text: String) -> Redaction {
        var scalars = Array(text.unicodeScalars)
        var numbering = Numbering()
        var counts: [String: Int] = [:]
        for _ in 0..<Self.passesMax {
            let placeholders = Placeholder.all(in: scalars)
            numbering.skip(placeholders.map(\.placeholder))
            let folded = FoldedText(scalars, barriers: placeholders.map(\.range))
            let detectors = detectors + [RepeatedNumberDetector(known: numbering.values)]
            let selected = Selection(detectors.flatMap { $0.candidates(in: folded) }, in: folded).chosen
            if selected.isEmpty { break }
            var output: [Unicode.Scalar] = []
            var end = 0
            for candidate in selected {
                let range = folded.origin(of: candidate.range)
                output += scalars[end..<range.lowerBound]
                output += numbering.placeholder(for: candidate).text.unicodeScalars
                end = range.upperBound
                counts[candidate.kind.rawValue, default: 0] += 1
            }
            scalars = output + scalars[end...]
        }
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return Redaction(text: String(view), counts: counts)
    }
}

/// Gives the same value of a kind the same number, from 1 or above what the text already holds.
private struct Numbering {
    private var numbers: [FoundValue: Int] = [:]
    private var last: [Kind: Int] = [:]

    /// What has been numbered so far.
    var values: some Collection<FoundValue> { numbers.keys }

    /// Leaves out the numbers that are taken.
    mutating func skip(_ placeholders: [Placeholder]) {
        for placeholder in placeholders {
            last[placeholder.kind] = max(last[placeholder.kind] ?? 0, placeholder.number)
        }
    }

    mutating func placeholder(for candidate: Candidate) -> Placeholder {
        let value = FoundValue(kind: candidate.kind, key: candidate.key)
        let number = numbers[value] ?? (last[candidate.kind] ?? 0) + 1
        numbers[value] = number
        last[candidate.kind] = max(last[candidate.kind] ?? 0, number)
        return Placeholder(kind: candidate.kind, number: number)
    }
}
