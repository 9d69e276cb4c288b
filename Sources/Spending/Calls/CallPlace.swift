/// Names a call by its place among those of its question, whatever it asks.
///
/// A question that comes again after a crash may be asked with other passages; it is the same money in vain.
package struct CallPlace: Sendable, Hashable {
    /// The question that the call is made for.
    package let questionID: String
    /// The function that makes it.
    package let function: String
    /// Its place among the calls of the invocation, from 0.
    package let ordinal: Int
    /// What it asks, where that alone tells calls of one place apart; nil where it does not matter.
    package let digest: String?

    /// The place of a call.
    package init(of call: PaidCall) {
        questionID = call.id.questionID
        function = call.id.function
        ordinal = call.id.ordinal
        digest = call.isNamedByDigest ? call.id.digest : nil
    }

    /// Whether a call has this place.
    package func holds(_ call: CallID) -> Bool {
        call.questionID == questionID && call.function == function && call.ordinal == ordinal
            && call.digest == digest ?? call.digest
    }
}
