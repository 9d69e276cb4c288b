package import FoundationEssentials

/// A call that was signed well, as it came.
package struct ReceivedRequest: Sendable, Hashable {
    /// The model, not escaped.
    package let modelID: String
    /// The body.
    package let body: Data
    /// What the service's log keeps of the call: `X-Amzn-Bedrock-Request-Metadata`.
    package let metadata: String?

    /// Makes a request.
    package init(modelID: String, body: Data, metadata: String? = nil) {
        self.modelID = modelID
        self.body = body
        self.metadata = metadata
    }
}
