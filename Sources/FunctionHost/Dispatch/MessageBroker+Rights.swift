import Messaging

extension MessageBroker {
    /// Whether what comes of a message could go nowhere, because this host may not publish.
    ///
    /// Then others are to take it, who may: in the hands of this one it would only come back.
    var mayNotPublish: Bool {
        get async { if case .mayNotPublish = await state { true } else { false } }
    }
}
