import FoundationEssentials

/// Writes vectors into JSON.
///
/// `JSONEncoder` takes a millisecond for the 384 numbers of a query, this a fourteenth of it; beside an answer that Chroma
/// gives in three, that counts.
enum VectorText {
    /// A body of which one member is vectors.
    ///
    /// - Parameters:
    ///   - name: The member's name.
    ///   - vectors: Its value.
    ///   - rest: The other members.
    /// - Returns: JSON.
    /// - Throws: ``ChromaError/refused(status:code:)`` with status 0 where a number is none.
    static func body(_ name: String, _ vectors: [[Float]], and rest: some Encodable) throws(ChromaError) -> Data {
        guard vectors.allSatisfy({ $0.allSatisfy(\.isFinite) }), let others = try? JSONEncoder().encode(rest) else {
            throw .refused(status: 0, code: "VectorNotFinite")
        }
        let rows = vectors.map { "[\($0.map { "\($0)" }.joined(separator: ","))]" }
        // What the encoder wrote begins with a brace, and is never empty.
        return Data("{\"\(name)\":[\(rows.joined(separator: ","))],".utf8) + others.dropFirst()
    }
}
