import Documents
package import FunctionKit
package import Settings
import StrictYAML

/// What a pipeline is made from.
package struct PipelineOptions: Sendable {
    /// Where the embedded queue, ledger and history lie.
    package var dataFolder: String
    /// Whether all of that stays in memory and ends with the process.
    package var isEphemeral: Bool
    /// The functions that the program has.
    package var available: FunctionList
    /// The pipeline's description.
    package var manifestFile: String
    /// Where budgets are, with the price book in `prices/`; asked where a model is paid for.
    package var budgetsFolder: @Sendable () throws -> String
    /// Where the notes are that answers rest on; asked where the embedded index is searched.
    package var knowledgeFolder: @Sendable () throws -> String
    /// The names of the functions that this process runs; nil for all, none where it only works on the index.
    package var functions: [String]?
    /// The pipelines that this process runs and takes messages for.
    package var pipeline = PipelineChoice.all
    /// Whether tables that the database lacks are made: by processes that serve, never by a command that a shell's settings
    /// may have led anywhere.
    package var makesTables = false
    /// Whether the model's stand-in is asked whatever the settings name, and whosever the data are.
    package var asksStandIn = false
    /// Whether the index is opened also where no function asks for it.
    package var needsIndex = false
    /// Whether what errors say of themselves is logged: where a person watches, and nowhere else.
    package var tellsErrors = false
    /// How long a person waits, and the whole program with it; nil where it goes on.
    package var patience: Patience?
    /// What the operator has set.
    package var settings: Settings

    /// Where what is spent and asked is kept, in words that may follow `in`.
    package var place: String {
        isEphemeral ? "memory" : Books.place(dataFolder: dataFolder, settings: settings)
    }

    /// Where queues are, in words that may follow `in`; nil where they lie beside the rest.
    package var queuePlace: String? {
        isEphemeral ? nil : settings.brokerURL.map(BrokerChoice.place)
    }

    /// Makes options.
    package init(
        available: FunctionList, dataFolder: String, isEphemeral: Bool = false, manifestFile: String,
        budgetsFolder: @escaping @Sendable () throws -> String,
        knowledgeFolder: @escaping @Sendable () throws -> String, functions: [String]? = nil, settings: Settings
    ) {
        self.available = available
        self.dataFolder = dataFolder
        self.isEphemeral = isEphemeral
        self.manifestFile = manifestFile
        self.budgetsFolder = budgetsFolder
        self.knowledgeFolder = knowledgeFolder
        self.functions = functions
        self.settings = settings
    }
}

/// Which pipelines of a manifest are meant.
package enum PipelineChoice: Sendable {
    /// All.
    case all
    /// The first, which questions go to.
    case first
    /// The one with a name.
    case named(String)
}

/// What a process has a pipeline for.
package enum PipelineUse: Sendable {
    /// Its functions work on their queues.
    case serving
    /// Messages are taken in for other processes: of its functions only those are made ready that redact.
    case sending
    /// The functions of the options are invoked directly; no queue is used.
    case invoking
}

/// The complaint about a pipeline that the manifest does not have.
package func unknownPipeline(_ name: String, among names: [String]) -> String {
    let hint = nearest(to: name, among: names).map { "did you mean `\($0)`?" }
    return "there is no pipeline `\(TerminalText.clean(name))`; "
        + (hint ?? "there \(names.count == 1 ? "is" : "are") \(names.map { "`\($0)`" }.joined(separator: ", "))")
}
