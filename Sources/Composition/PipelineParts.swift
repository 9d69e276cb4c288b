package import Bedrock
package import FunctionHost
import FunctionKit
package import HTTPTransport
package import History
package import Logging
package import Messaging
package import Retrieval
import Settings
import Spending
import SpendingSQLite
import StrictYAML

/// What a pipeline is put together from: all files read and checked, queues and books open, nothing running yet.
package struct PipelineParts: Sendable {
    /// Knows what became of each message.
    package let history: any RunHistory
    /// The queues.
    package let broker: any MessageBroker
    /// Nil where nobody asked for it.
    private let index: IndexChoice?
    /// Reaches servers; closed with the parts.
    package let client: HTTPClient
    /// What paid calls need; nil where nobody makes any.
    package let paid: PaidParts?
    /// What functions get in a model's place; nil for the model itself.
    private let guarded: (@Sendable (any LanguageModel) -> any LanguageModel)?

    private let plans: [[FunctionPlan]]
    /// The names of those that this process runs; nil for all.
    package let served: Set<String>?

    /// The functions of each pipeline, in the order in which a message passes them.
    package var pipelines: [[RegisteredFunction]] { plans.map { $0.map(\.registered) } }

    /// The first function that searches the index; nil where none does.
    package var searching: String? { plans.joined().first { $0.asked.index != nil }?.settings.name }

    /// A server that was killed is back by then, so that what was paid meanwhile can be settled.
    private static let serverPatience = Duration.seconds(15)

    /// How long a server that is away is waited for: a person who waits has less patience.
    package static func patience(_ options: PipelineOptions) -> Duration {
        min(serverPatience, options.patience?.left ?? serverPatience)
    }

    /// What is embedded.
    package let file: DataFile

    /// Ledger and history.
    package let books: Books

    /// Reads, checks and opens everything that the functions asked for.
    ///
    /// - Parameters:
    ///   - options: What the pipeline is made from.
    ///   - defaultModel: What is asked where the settings name no endpoint.
    ///   - use: What it is for.
    ///   - logger: Told of the broker's connections.
    /// - Throws: ``SetupProblem`` with one line for a person.
    package init(
        options: PipelineOptions, model defaultModel: DefaultModel, use: PipelineUse, logger: Logger
    ) async throws {
        let runsHost = use == .serving
        do {
            let pipelines = try FunctionPlan.plans(
                Manifest(YAMLValue.load(file: options.manifestFile)), among: options.available, logger: logger)
            let plans = pipelines.flatMap(\.self)
            try Self.check(options.functions, against: plans)
            let chosen = try Self.choose(options.pipeline, among: pipelines)
            (self.plans, served) = (pipelines, options.functions.map(Set.init) ?? chosen)
            let asked = plans.filter { plan in
                let name = plan.settings.name
                return switch use {
                case .serving: chosen?.contains(name) ?? true
                case .sending: plan.settings.redacts && chosen?.contains(name) ?? true
                // Who invokes some functions itself uses what these asked for, and no queue.
                case .invoking: options.functions?.contains(name) ?? true
                }
            }.map(\.asked)
            index =
                options.needsIndex || asked.contains { $0.index != nil }
                ? try await IndexChoice(options.settings, knowledgeFolder: options.knowledgeFolder) : nil
            let pays = index?.paidModel != nil || asked.contains { $0.model != nil }
            // Before anything is written; the governor asks again before each call.
            let paying =
                pays
                ? try await PaidParts.Plan(
                    options, plans, embedding: index?.paidModel, model: defaultModel, runsHost: runsHost) : nil

            let patience = Self.patience(options)
            // What is neither spent nor kept needs no books: those in memory are nobody's.
            let isEphemeral =
                options.isEphemeral || use == .invoking && paying == nil
            file = DataFile(folder: isEphemeral ? nil : options.dataFolder) { logger.warning("\($0)") }
            books = try await Books.open(
                url: options.settings.databaseURL, file: file, isEphemeral: isEphemeral,
                for: options.makesTables ? .serving(logger) : .paying, patience: patience)
            broker =
                use != .invoking
                ? try await BrokerChoice.open(
                    url: options.settings.brokerURL, file: file, isEphemeral: isEphemeral, patience: patience,
                    logger: logger) : InMemoryBroker()
            history = books.history
            if let paying {
                guarded = try await Self.noteModel(options, paying, file, runsHost: runsHost)
            } else {
                guarded = nil
            }
            paid = paying.map { [books] in PaidParts($0, ledger: books.ledger) }
            try await paid?.checkRoom()
            // Before anything is asked, so that what is said of it stands at the head of the log.
            try await paid?.governor.open().log(to: logger)
            client = try HTTPClient(connectionsMax: ProcessFacts.connectionsMax(of: ProcessFacts.descriptorLimit))
        } catch let problem as SetupProblem {
            throw problem
        } catch let problem as OperatorProblem {
            throw problem
        } catch let error as any CustomStringConvertible & Error {
            // All of these say file, line and what to do.
            throw SetupProblem(error.description)
        }
    }

    /// Opens the parts that functions asked for, and gives these to them.
    ///
    /// - Parameters:
    ///   - endpoint: Where models are asked; nil where none is.
    ///   - watch: Sees the paid calls.
    ///   - patience: How long a person waits in all; nil where nobody does.
    ///   - logger: Told where the index cannot be used yet.
    /// - Returns: The index and what it is kept with, where anybody asked for one.
    /// - Throws: ``SetupProblem`` where the index says what only a person can mend.
    package func open(
        endpoint: String?, watch: CallWatch, patience: Patience?, logger: Logger
    ) async throws -> (index: any ExplainingIndex, corpus: CorpusAccess?)? {
        let models = paid.map {
            PaidModels($0, endpoint: endpoint ?? "", http: client, watch: watch, guarded: guarded)
        }
        let found = try await index?.open(http: client, models: models, patience: patience, logger: logger)
        for asked in plans.joined().map(\.asked) {
            if let model = asked.model, let models { model.part.open(models.model(model)) }
            if let found { asked.index?.open(found.index) }
            asked.web?.open(HTTPWebClient(client: client))
        }
        return found
    }

    /// Takes note of a real model in what is embedded, and lets its stand-in look whether there is such a note.
    ///
    /// - Returns: What the stand-in's calls pass; nil where it is not asked, or is for whatever is there.
    private static func noteModel(
        _ options: PipelineOptions, _ plan: PaidParts.Plan, _ file: DataFile, runsHost: Bool
    ) async throws -> (@Sendable (any LanguageModel) -> any LanguageModel)? {
        let isFileUsed = options.settings.databaseURL == nil || (runsHost && options.settings.brokerURL == nil)
        guard isFileUsed, !options.isEphemeral else { return nil }
        let note = RealModelNote(store: try file.store())
        guard case .standIn(let standIn) = plan.place else {
            try await note.write()
            return nil
        }
        guard !options.asksStandIn else { return nil }
        return try await standIn.meet(note, in: options.dataFolder)
    }

    /// Refuses functions that the manifest does not have.
    private static func check(_ functions: [String]?, against plans: [FunctionPlan]) throws {
        let names = plans.map(\.settings.name)
        for name in functions ?? [] where !names.contains(name) {
            let hint = nearest(to: name, among: names).map { "did you mean `\($0)`?" }
            throw OperatorProblem(
                "there is no function `\(name)`; "
                    + (hint ?? "there are \(names.map { "`\($0)`" }.joined(separator: ", "))"))
        }
    }

    /// The names of the functions of a chosen pipeline; nil where all are meant.
    private static func choose(_ choice: PipelineChoice, among pipelines: [[FunctionPlan]]) throws -> Set<String>? {
        let chosen: [FunctionPlan]?
        switch choice {
        case .all: return nil
        case .first: chosen = pipelines.first
        case .named(let name):
            chosen = pipelines.first { $0.first?.settings.pipeline == name }
            if chosen == nil {
                let names = pipelines.compactMap { $0.first?.settings.pipeline }
                throw OperatorProblem(unknownPipeline(name, among: names))
            }
        }
        return chosen.map { Set($0.map(\.settings.name)) }
    }

    /// Ends the client, gives back what the queue's consumers hold and closes books and file.
    package func close() async throws {
        await client.shutdown()
        await broker.close()
        await books.close()
        try file.close()
    }
}
