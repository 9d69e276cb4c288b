/// Where a settlement's token count came from, the most trusted first.
package enum UsageSource: String, Sendable, Hashable {
    /// The body of the answer.
    case body
    /// The headers of the answer, which the service does not promise.
    case headers
    /// Nobody counted: the bound was charged.
    case bound
}
