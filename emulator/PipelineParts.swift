import Bedrock
import FoundationEssentials
import FunctionHost
import FunctionKit
import HTTPTransport
import History
import Logging
import Messaging
import Retrieval
import Settings
import Spending
import SpendingAlerts
import StrictYAML

/// What a pipeline is put together from: all files read and checked, queues and books open, nothing running yet.
struct PipelineParts: Sendable {
    let history: any QuestionHistory
    let governor: CostGovernor
    let broker: any MessageBroker
    let index: IndexChoice
    let client: HTTPClient
    let credentials: any AWSCredentialsSource
    /// Where the model is; nil for the stand-in.
    let endpoint: String?
    /// The model that the manifest names.
    let model: ModelID
    let callTimeout: Duration
    let prices: PriceBook
    /// Who is told of budget alerts beside the log; nil for nobody.
    let alertWebhook: AlertWebhook?
    /// The names of all models with a price, which the stand-in knows.
    let models: Set<String>

    /// The functions, in the order in which a question passes them.
    let plans: [FunctionPlan]

    /// A server that was killed is back by then, so that what was paid meanwhile can be settled.
    private static let serverPatience = Duration.seconds(15)

    /// What is embedded.
    let file: DataFile

    private let books: Books

    var region: String { model.region }

    /// Reads, checks and opens everything.
    ///
    /// - Parameters:
    ///   - options: What the pipeline is made from.
    ///   - defaultModel: What is asked where the settings name no endpoint.
    ///   - logger: Told of the broker's connections.
    /// - Throws: ``SetupProblem`` with one line for a person.
    init(options: PipelineOptions, model defaultModel: DefaultModel, logger: Logger) async throws {
        do {
            plans = try FunctionPlan.plans(Manifest(YAMLValue.load(file: options.manifestFile)))
            try Self.check(options.functions, against: plans)
            guard let asked = plans.lazy.compactMap(\.settings.model).first else {
                throw SetupProblem("\(options.manifestFile): no function has a `model`; give one to `llm-connector`")
            }
            model = ModelID(provider: asked.provider, region: asked.region, model: asked.id)
            callTimeout = asked.timeout
            prices = try PriceBook.load(folder: "\(options.budgetsFolder)/prices")
            let budgets = try Budget.load(folder: options.budgetsFolder)
            models = Set(prices.all.map(\.model.model))
            // Before anything is written; the governor asks again before each call.
            index = try await IndexChoice(options.settings, knowledgeFolder: options.knowledgeFolder)
            let calls = ConfiguredCalls(plans)
            var configured = calls.models
            if let paid = index.paidModel {
                let model = GovernedEmbeddings.modelID(paid, in: model.region)
                configured += [FunctionPlan.searching, CorpusAccess.function].map { ($0, model) }
            }
            // Whether the limits have room is asked below: those of the files may not be in force.
            if let problem = SpendingCheck.problems(models: configured, prices: prices, budgets: budgets, at: .now)
                .first
            {
                throw problem
            }
            switch defaultModel {
            case .standIn: endpoint = options.settings.bedrockEndpoint
            case .regional:
                endpoint =
                    options.settings.bedrockEndpoint ?? "https://bedrock-runtime.\(asked.region).amazonaws.com"
            }
            if endpoint == nil {
                credentials = StaticCredentials(StandInKeys.credentials)
            } else {
                let source = EnvironmentCredentials(environment: ProcessInfo.processInfo.environment)
                // Missing keys stop the start rather than the first question, where any function here asks the model.
                let asks = plans.contains { plan in
                    plan.settings.model != nil && options.functions?.contains(plan.settings.name) ?? true
                }
                if asks { _ = try await source.credentials() }
                credentials = source
            }

            alertWebhook = try AlertWebhook(options.settings)

            let patience = min(Self.serverPatience, options.patience?.left ?? Self.serverPatience)
            file = DataFile(folder: options.isEphemeral ? nil : options.dataFolder) { logger.warning("\($0)") }
            books = try await Books.open(
                url: options.settings.databaseURL, file: file, isEphemeral: options.isEphemeral,
                for: options.makesTables ? .serving(logger) : .paying, patience: patience)
            broker = try await BrokerChoice.open(
                url: options.settings.brokerURL, file: file, isEphemeral: options.isEphemeral,
                patience: patience, logger: logger)
            history = books.history
            governor = CostGovernor(
                ledger: books.ledger, prices: prices, budgets: budgets,
                broughtBy: ProcessFacts.brings(options.budgetsFolder))
            try await Self.check(
                governor, models: configured, largestCalls: calls.largest, prices, budgetsFolder: options.budgetsFolder)
            // Before anything is asked, so that what is said of it stands at the head of the log.
            try await governor.open().log(to: logger)
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

    /// Refuses limits in force that no host could work with, whoever brought them.
    private static func check(
        _ governor: CostGovernor, models: [(function: String, model: ModelID)], largestCalls: [PaidCall],
        _ prices: PriceBook, budgetsFolder: String
    ) async throws {
        let limits = try await governor.limitsToCome()
        let problem = SpendingCheck.problems(
            models: models, largestCalls: largestCalls, prices: prices, budgets: limits.budgets, at: .now
        ).first
        guard let problem else { return }
        guard limits != governor.own else { throw problem }
        throw SetupProblem(
            "\(problem), and put them in force with `sluice budget apply`: the ledger goes by other limits than those of"
                + " \(budgetsFolder)")
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

    /// Ends the client, gives back what the queue's consumers hold and closes books and file.
    func close() async throws {
        await client.shutdown()
        await broker.close()
        await books.close()
        try file.close()
    }
}

/// The keys that client and stand-in share; they open nothing else.
enum StandInKeys {
    static let credentials = AWSCredentials(accessKeyID: "STANDIN", secretAccessKey: "known-to-both-sides-of-loopback")
}
