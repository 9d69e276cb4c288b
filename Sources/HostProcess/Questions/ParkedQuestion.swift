/// A question that waits for a budget.
package struct ParkedQuestion: Sendable {
    /// Its id.
    package let id: String
    /// What it waits for, as a sentence without its full stop.
    package let explanation: String
}
