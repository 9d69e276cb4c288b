/// A settlement with its response's digest, which is made before the transaction that all wait for.
package struct DigestedSettlement: Sendable, Hashable {
    /// The settlement.
    package let settlement: Settlement
    /// The SHA-256 of its response in lowercase hexadecimal digits.
    package let responseDigest: String

    /// Makes the digest.
    package init(_ settlement: Settlement) {
        self.settlement = settlement
        responseDigest = settlement.responseDigest
    }
}
