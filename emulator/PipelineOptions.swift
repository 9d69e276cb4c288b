package import Settings

/// What a pipeline is made from.
package struct PipelineOptions: Sendable {
    /// Where the embedded queue, ledger and history lie.
    package var dataFolder: String
    /// Whether all of that stays in memory and ends with the process.
    package var isEphemeral: Bool
    /// The pipeline's description.
    package var manifestFile: String
    /// Budgets, with the price book in `prices/`.
    package var budgetsFolder: String
    /// The notes that answers rest on.
    package var knowledgeFolder: String
    /// The names of the functions that this process runs; nil for all.
    package var functions: [String]?
    /// Whether tables that the database lacks are made: by processes that serve, never by a command that a shell's settings
    /// may have led anywhere.
    package var makesTables = false
    /// How long a person waits, and the whole program with it; nil where it goes on.
    package var patience: Patience?
    /// What the operator has set.
    package var settings: Settings

    /// Makes options.
    package init(
        dataFolder: String, isEphemeral: Bool = false, manifestFile: String, budgetsFolder: String,
        knowledgeFolder: String, functions: [String]? = nil, settings: Settings
    ) {
        self.dataFolder = dataFolder
        self.isEphemeral = isEphemeral
        self.manifestFile = manifestFile
        self.budgetsFolder = budgetsFolder
        self.knowledgeFolder = knowledgeFolder
        self.functions = functions
        self.settings = settings
    }
}
