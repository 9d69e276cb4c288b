/// What is to be ingested.
package struct IngestRequest: Sendable {
    /// Files and folders.
    package var paths: [String]
    /// Whether passages that are in none of them are deleted.
    package var prunes: Bool
    /// Whether nothing is written.
    package var isDryRun: Bool
    /// Whether the estimated cost is agreed to.
    package var isConfirmed: Bool

    /// Makes a request.
    package init(paths: [String], prunes: Bool, isDryRun: Bool, isConfirmed: Bool) {
        self.paths = paths
        self.prunes = prunes
        self.isDryRun = isDryRun
        self.isConfirmed = isConfirmed
    }
}
