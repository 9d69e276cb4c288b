package import FoundationEssentials

/// What a queue carries: a stage's input, its id and its headers.
package struct Message: Sendable, Hashable {
    /// The question's id, the same through the whole pipeline.
    package var id: String
    /// The next function's input, as JSON.
    package var body: Data
    /// Short texts about the message, never a payload.
    ///
    /// Keys are lowercase with hyphens. What others wrote and is no text but a number or a truth stands here as a text too.
    package var headers: [String: String]
    /// All else that came with a message from elsewhere, so that it goes on whole; nil for one that was made here.
    ///
    /// Other properties, and headers that are no texts, in the broker's own encoding.
    package var origin: Data?
    /// The length of a body that is too long to be read: ``body`` is empty then, and the broker keeps it whole.
    ///
    /// No broker publishes such a message. Nil for all others.
    package var unreadBodyBytes: Int?

    /// The length of the body, whether it was read or not.
    package var bodyBytes: Int { unreadBodyBytes ?? body.count }

    /// Makes a message.
    package init(id: String, body: Data, headers: [String: String] = [:]) {
        self.id = id
        self.body = body
        self.headers = headers
    }
}

extension Message {
    /// The header of a delivery that says why the broker itself moved the message, such as `delivery-limit`; it stays when
    /// the message is published anew.
    package static let moveReasonHeader = "x-sluice-move-reason"
}
