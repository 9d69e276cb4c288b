package import FoundationEssentials

/// One run of a message that runs alone, because it may be the one that ends its process.
package struct LoneRun: Sendable, Hashable {
    /// Of this run alone.
    package let id: UUID
    /// The run's id.
    package let runID: String
    /// The function's name.
    package let function: String
    /// Which attempt the message is by its own header, from 1.
    package let attempt: Int

    /// Names a new run.
    package init(runID: String, function: String, attempt: Int) {
        id = UUID()
        self.runID = runID
        self.function = function
        self.attempt = attempt
    }
}
