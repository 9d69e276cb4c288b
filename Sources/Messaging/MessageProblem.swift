/// Why a message that came from elsewhere cannot be worked on.
///
/// The raw value is a constant name, fit for the reason of a dead letter.
package enum MessageProblem: String, Sendable, Hashable, CaseIterable {
    /// It has no id; its ``Message/id`` is empty.
    case idMissing = "id-missing"
    /// Its id is not UTF-8; what can be read of it is kept.
    case idUnreadable = "id-unreadable"
    /// Its content type is not JSON.
    case contentTypeUnknown = "content-type-unknown"
    /// Its body is compressed or otherwise encoded.
    case contentEncodingUnknown = "content-encoding-unknown"
    /// A header of the host's own is not UTF-8, or neither a text nor a number.
    case headersUnreadable = "headers-unreadable"
    /// Its headers are more than any host writes or reads.
    case headersTooLarge = "headers-too-large"
    /// Its body is larger than any function's input; it is whole nevertheless.
    case bodyTooLarge = "body-too-large"
}
