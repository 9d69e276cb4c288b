/// Chooses among candidates that overlap: the stronger, then the longer, then the first.
///
/// No digit of a number in a usual form is left over: where such a candidate loses to another that covers only a part of
/// it, the other grows. Names and addresses are cut to what the others leave.
struct Selection {
    /// What is to be replaced, in order, without overlaps.
    let chosen: [Candidate]

    /// Chooses.
    init(_ candidates: [Candidate], in text: FoldedText) {
        var owners = [Int?](repeating: nil, count: text.count)
        var winners: [Candidate] = []
        let ordered = candidates.filter { !$0.range.isEmpty }.sorted(by: Self.precedes)
        for candidate in ordered {
            let free = candidate.range.filter { owners[$0] == nil }
            if free.count == candidate.range.count {
                for index in free { owners[index] = winners.count }
                winners.append(candidate)
            } else if candidate.strength == .soft {
                guard let rest = Self.rest(of: candidate, owners: owners, in: text) else { continue }
                for index in rest.range { owners[index] = winners.count }
                winners.append(rest)
            } else if candidate.strength >= .usual {
                Self.grow(over: candidate.range, owners: &owners)
            }
        }
        chosen = Self.collect(owners, winners)
    }

    private static func precedes(_ left: Candidate, _ right: Candidate) -> Bool {
        if left.strength != right.strength { return left.strength > right.strength }
        if left.range.count != right.range.count { return left.range.count > right.range.count }
        if left.range.lowerBound != right.range.lowerBound { return left.range.lowerBound < right.range.lowerBound }
        return left.kind.rawValue < right.kind.rawValue
    }

    /// The longest stretch at the start of a soft candidate that nothing else has taken, without the space at its end.
    private static func rest(of candidate: Candidate, owners: [Int?], in text: FoldedText) -> Candidate? {
        let start = candidate.range.lowerBound
        var end = candidate.range.first { owners[$0] != nil } ?? candidate.range.upperBound
        while end > start, !text.isAlphanumeric(at: end - 1) { end -= 1 }
        guard end - start >= 3 else { return nil }
        let range = start..<end
        return Candidate(kind: candidate.kind, range: range, key: text.lowercased(range), strength: .soft)
    }

    /// Gives the free positions of a range to the owner next to them.
    private static func grow(over range: Range<Int>, owners: inout [Int?]) {
        var previous: Int?
        for index in range {
            if let owner = owners[index] { previous = owner } else { owners[index] = previous }
        }
        var next: Int?
        for index in range.reversed() {
            if let owner = owners[index] { next = owner } else { owners[index] = next }
        }
    }

    private static func collect(_ owners: [Int?], _ winners: [Candidate]) -> [Candidate] {
        var collected: [Candidate] = []
        var index = 0
        while index < owners.count {
            guard let owner = owners[index] else {
                index += 1
                continue
            }
            let start = index
            while index < owners.count, owners[index] == owner { index += 1 }
            let winner = winners[owner]
            collected.append(
                Candidate(kind: winner.kind, range: start..<index, key: winner.key, strength: winner.strength))
        }
        return collected
    }
}
