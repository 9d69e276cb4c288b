package import FoundationEssentials

/// A call that was signed well, as it came.
package struct ReceivedRequest: Sendable, Hashable {
    /// The model, not escaped.
    package let modelID: String
    /// The body.
    package let body: Data

    /// Makes a request.
    package init(modelID: String, body: Data) {
        self.modelID = modelID
        self.body = body
    }
}
