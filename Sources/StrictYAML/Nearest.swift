/// The candidate that a person most likely meant; nil where none is near.
///
/// Counts insertions, deletions, substitutions and swapped neighbours (optimal string alignment), and accepts a
/// distance of up to a third of the word's length, at least 1: `pii-filtr` finds `pii-filter`, `xyz` finds nothing.
package func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
    let word = Array(word.lowercased())
    // A word of any length may come from outside; the table is quadratic.
    guard word.count <= 128 else { return nil }
    return candidates.map { ($0, distance(word, Array($0.lowercased()))) }
        .filter { $0.1 <= max(1, max(word.count, $0.0.count) / 3) }
        .min { ($0.1, $0.0) < ($1.1, $1.0) }?.0
}

private func distance(_ left: [Character], _ right: [Character]) -> Int {
    var rows = [[Int]](repeating: [Int](repeating: 0, count: right.count + 1), count: left.count + 1)
    for i in 0...left.count { rows[i][0] = i }
    for j in 0...right.count { rows[0][j] = j }
    guard !left.isEmpty, !right.isEmpty else { return max(left.count, right.count) }
    for i in 1...left.count {
        for j in 1...right.count {
            let substitution = rows[i - 1][j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1)
            rows[i][j] = min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, substitution)
            if i > 1, j > 1, left[i - 1] == right[j - 2], left[i - 2] == right[j - 1] {
                rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 1)
            }
        }
    }
    return rows[left.count][right.count]
}
