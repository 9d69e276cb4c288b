/// One delivery of a message that runs alone, because it may be the one that ends its process.
///
/// A copy of the message that is published anew for the same attempt counts its deliveries from 0 again, and so takes
/// over what was noted of the copy before: at the worst it is given that many attempts more.
package struct LoneDelivery: Sendable, Hashable {
    /// The question's id.
    package var questionID: String
    /// The function's name.
    package var function: String
    /// Which attempt the message is by its own header, from 1.
    package var attempt: Int
    /// How often the message was delivered before, from 0.
    package var priorDeliveries: Int

    /// Names a delivery.
    package init(questionID: String, function: String, attempt: Int, priorDeliveries: Int) {
        self.questionID = questionID
        self.function = function
        self.attempt = attempt
        self.priorDeliveries = priorDeliveries
    }
}
