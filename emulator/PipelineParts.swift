import Bedrock
import FoundationEssentials
import FunctionHost
import FunctionKit
import HTTPTransport
import History
import Messaging
import MessagingSQLite
import Retrieval
import SQLite
import Spending
import SpendingAlerts
import SpendingSQLite
import StrictYAML

/// What a pipeline is put together from: all files read and checked, the data file open, nothing running yet.
struct PipelineParts: Sendable {
    let history: SQLiteHistory
    let governor: CostGovernor
    let broker: any MessageBroker
    let index: EmbeddedIndex
    let client: HTTPClient
    let credentials: any AWSCredentialsSource
    /// The model that the manifest names.
    let model: ModelID
    let callTimeout: Duration
    /// Who is told of budget alerts beside the log; nil for nobody.
    let alertWebhook: AlertWebhook?
    /// The names of all models with a price, which the stand-in knows.
    let models: Set<String>

    /// The functions, in the order in which a question passes them.
    let plans: [FunctionPlan]

    private let store: SQLiteStore

    var region: String { model.region }

    /// All tables of the data file.
    static var schemas: [Schema] { [SQLiteBroker.schema, SQLiteLedger.schema, SQLiteHistory.schema] }

    /// Reads, checks and opens everything.
    ///
    /// - Throws: ``SetupProblem`` with one line for a person.
    init(options: EmulatorOptions) async throws {
        do {
            plans = try FunctionPlan.plans(Manifest(YAMLValue.load(file: options.manifestFile)))
            guard let asked = plans.lazy.compactMap(\.settings.model).first else {
                throw SetupProblem("\(options.manifestFile): no function has a `model`; give one to `llm-connector`")
            }
            model = ModelID(provider: asked.provider, region: asked.region, model: asked.id)
            callTimeout = asked.timeout
            let prices = try PriceBook.load(folder: "\(options.budgetsFolder)/prices")
            let budgets = try Budget.load(folder: options.budgetsFolder)
            models = Set(prices.all.map(\.model.model))
            // Before anything is written; the governor asks again before each call.
            let configured = plans.compactMap { plan in
                plan.settings.model.map {
                    (
                        function: plan.settings.name,
                        model: ModelID(provider: $0.provider, region: $0.region, model: $0.id)
                    )
                }
            }
            if let problem = SpendingCheck.problems(
                models: configured, prices: prices, budgets: budgets, at: .now
            ).first {
                throw problem
            }
            let passages = try KnowledgeFolder.load(options.knowledgeFolder)
            index = try await EmbeddedIndex(passages: passages)

            if options.bedrockEndpoint == nil {
                credentials = StaticCredentials(StandInKeys.credentials)
            } else {
                let source = EnvironmentCredentials(environment: ProcessInfo.processInfo.environment)
                // Missing keys stop the start rather than the first question.
                _ = try await source.credentials()
                credentials = source
            }

            alertWebhook = try AlertWebhook(environment: ProcessInfo.processInfo.environment)

            store =
                options.isEphemeral
                ? try .inMemory(schemas: Self.schemas) : try .open(folder: options.dataFolder, schemas: Self.schemas)
            broker = options.isEphemeral ? InMemoryBroker() : try SQLiteBroker(store: store)
            history = SQLiteHistory(store: store)
            governor = CostGovernor(
                ledger: options.isEphemeral ? InMemoryLedger() : try SQLiteLedger(store: store), prices: prices,
                budgets: budgets)
            client = try HTTPClient()
        } catch let problem as SetupProblem {
            throw problem
        } catch let error as any CustomStringConvertible & Error {
            // All of these say file, line and what to do.
            throw SetupProblem(error.description)
        }
    }

    /// Ends the client, gives back what the queue's consumers hold and closes the file.
    func close() async throws {
        await client.shutdown()
        await broker.close()
        try store.close()
    }
}

/// The keys that client and stand-in share; they open nothing else.
enum StandInKeys {
    static let credentials = AWSCredentials(accessKeyID: "STANDIN", secretAccessKey: "known-to-both-sides-of-loopback")
}
