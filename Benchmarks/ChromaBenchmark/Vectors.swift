/// Vectors of length 1 in directions of chance.
enum Vectors {
    /// As many numbers as MiniLM's.
    static let dimension = 384

    static func random() -> [Float] {
        let vector = (0..<dimension).map { _ in Float.random(in: -1...1) }
        let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return vector.map { $0 / length }
    }
}
