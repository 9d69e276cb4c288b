/// A piece of personal data, whatever its spelling.
struct FoundValue: Hashable {
    /// What it is.
    let kind: Kind
    /// As ``Candidate/key``.
    let key: String
}
