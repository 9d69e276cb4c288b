/// What an embedded pipeline is made from.
package struct EmulatorOptions: Sendable {
    /// Where queue, ledger and history lie.
    package var dataFolder: String
    /// Whether all of that stays in memory and ends with the process.
    package var isEphemeral: Bool
    /// The pipeline's description.
    package var manifestFile: String
    /// Budgets, with the price book in `prices/`.
    package var budgetsFolder: String
    /// The notes that answers rest on.
    package var knowledgeFolder: String
    /// Bedrock Runtime's address; nil for the stand-in.
    package var bedrockEndpoint: String?
    /// How long invocations under way may take to finish at the end.
    package var drainTime: Duration

    /// Makes options.
    package init(
        dataFolder: String, isEphemeral: Bool, manifestFile: String, budgetsFolder: String, knowledgeFolder: String,
        bedrockEndpoint: String?, drainTime: Duration
    ) {
        self.dataFolder = dataFolder
        self.isEphemeral = isEphemeral
        self.manifestFile = manifestFile
        self.budgetsFolder = budgetsFolder
        self.knowledgeFolder = knowledgeFolder
        self.bedrockEndpoint = bedrockEndpoint
        self.drainTime = drainTime
    }
}
