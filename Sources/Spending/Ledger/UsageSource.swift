/// Where a settlement's token count came from, the most trusted first.
package enum UsageSource: String, Sendable, Hashable, CaseIterable {
    /// The body of the answer.
    case body
    /// The headers of the answer, which the service does not promise.
    case headers
    /// What was streamed before the stream was cut: all of the input, and the output as far as it came.
    case streamed
    /// Nobody counted: the bound was charged.
    case bound
}
