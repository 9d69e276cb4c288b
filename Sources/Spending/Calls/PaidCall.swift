/// What the governor must know of a call to bound its cost and to find the budgets that cover it.
package struct PaidCall: Sendable, Hashable {
    /// The call's name.
    package var id: CallID
    /// The model that is asked.
    package var model: ModelID
    /// Who asks, where tenants are told apart.
    package var tenant: String?
    /// The bytes in UTF-8 of all text that the model reads, template included.
    package var inputBytes: Int
    /// The messages of the conversation, 1 for a bare prompt.
    package var messages: Int
    /// The most tokens that the model may write.
    package var outputTokensMax: Int
    /// The fewest that the caller would still ask for, where a budget has no room for more.
    package var outputTokensMin: Int
    /// Whether calls of one place differ by their digests alone, as those for the many texts of a document do.
    package var isNamedByDigest: Bool

    /// Makes a call; without `outputTokensMin` it is made whole or not at all.
    package init(
        id: CallID, model: ModelID, tenant: String?, inputBytes: Int, messages: Int = 1, outputTokensMax: Int,
        outputTokensMin: Int? = nil, isNamedByDigest: Bool = false
    ) {
        self.id = id
        self.model = model
        self.tenant = tenant
        self.inputBytes = inputBytes
        self.messages = messages
        self.outputTokensMax = outputTokensMax
        self.outputTokensMin = min(outputTokensMin ?? outputTokensMax, outputTokensMax)
        self.isNamedByDigest = isNamedByDigest
    }
}
