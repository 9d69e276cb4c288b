/// Puts several rankings of the same things together by places alone, so that their scores need no common scale.
///
/// Reciprocal rank fusion, Cormack et al. 2009 (<https://doi.org/10.1145/1571941.1572114>): a thing's score is the sum
/// over the rankings that have it of 1 / (60 + its place). First in one ranking and second in the other is
/// 1/61 + 1/62 = 0.0325; first in one alone is 1/61 = 0.0164.
enum RankFusion {
    private static let softening = 60.0

    /// The fused score of each thing that a ranking has.
    static func scores(_ rankings: [[String]]) -> [String: Double] {
        var scores: [String: Double] = [:]
        for ranking in rankings {
            for (index, id) in ranking.enumerated() { scores[id, default: 0] += 1 / (softening + Double(index + 1)) }
        }
        return scores
    }
}
