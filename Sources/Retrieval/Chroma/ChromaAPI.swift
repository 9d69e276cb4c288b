/// The two HTTP APIs that Chroma has had: 0.5 speaks both, 1 the second alone.
enum ChromaAPI: String, Sendable, Hashable {
    case v1, v2
}
