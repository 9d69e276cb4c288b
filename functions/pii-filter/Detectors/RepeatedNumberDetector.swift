/// Finds numbers once more that were found elsewhere in the same text, whatever the words around them say.
///
/// "Call me on 9876543210 about order 9876543210": alone, the second would be nobody's.
struct RepeatedNumberDetector: Detector {
    /// Shorter keys are no whole number.
    private static let digits = 8...19

    private let kinds: [String: Kind]

    /// Makes a detector of what was found before; words among it are left out.
    init(known: some Sequence<FoundValue>) {
        kinds = Dictionary(
            known.lazy.filter { value in
                value.key.utf8.count >= Self.digits.lowerBound
                    && value.key.utf8.allSatisfy { (0x30...0x39).contains($0) }
            }.map { ($0.key, $0.kind) }, uniquingKeysWith: { first, _ in first })
    }

    func candidates(in text: FoldedText) -> [Candidate] {
        guard !kinds.isEmpty else { return [] }
        var found: [Candidate] = []
        text.forEachNumberRun(digits: Self.digits) { run in
            guard text.isFree(run) else { return }
            let context = RunContext(run: run, text: text, isKept: false, cue: nil, isDirect: false)
            for key in [run.text, PhoneRule.nationalKey(run)].compactMap({ $0 }) {
                guard let kind = kinds[key] else { continue }
                found.append(context.candidate(kind, key: key, strength: .certain))
                return
            }
        }
        return found
    }
}
