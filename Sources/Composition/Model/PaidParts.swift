import Bedrock
import FoundationEssentials
import FunctionHost
import Settings
package import Spending
package import SpendingAlerts

/// What paid calls need: there where a function or the index asks a model, and nowhere else.
package struct PaidParts: Sendable {
    /// Keeps the limits.
    package let governor: CostGovernor
    private let plan: Plan

    /// The model's books, whoever keeps them.
    init(_ plan: Plan, ledger: any SpendLedger) {
        self.plan = plan
        governor = CostGovernor(
            ledger: ledger, prices: plan.prices, budgets: plan.budgets, broughtBy: ProcessFacts.brings(plan.folder))
    }

    /// Refuses limits in force that no host could work with, whoever brought them.
    func checkRoom() async throws {
        let (limits, moment) = try await governor.limitsToCome()
        // By the ledger's clock, as every call is priced: this machine's may be years off.
        let problem = SpendingCheck.problems(
            models: plan.models, largestCalls: plan.largestCalls, prices: prices, budgets: limits.budgets,
            at: moment.instant
        ).first
        guard let problem else { return }
        guard limits != governor.own else { throw problem }
        throw SetupProblem(
            "\(problem), and put them in force with `sluice budget apply`: the ledger goes by other limits than those of"
                + " \(plan.folder)")
    }

    /// Where models are asked.
    package var region: String { plan.region }
    /// How long a call for vectors may take: as long as the first function's to its model.
    var callTimeout: Duration { plan.callTimeout }
    /// What models cost.
    package var prices: PriceBook { plan.prices }
    var credentials: any AWSCredentialsSource { plan.credentials }
    /// Where the model is asked.
    package var place: ModelPlace { plan.place }
    /// Who is told of budget alerts beside the log; nil for nobody.
    package var alertWebhook: AlertWebhook? { plan.alertWebhook }
    /// The names of all models with a price, which the stand-in knows.
    package var modelNames: Set<String> { Set(prices.all.map(\.model.model)) }
}

extension PaidParts {
    /// What was read and checked before a ledger is opened.
    struct Plan: Sendable {
        let folder: String
        let region: String
        let callTimeout: Duration
        let prices: PriceBook
        let budgets: [Budget]
        /// What is asked, by whom.
        let models: [(function: String, model: ModelID)]
        let largestCalls: [PaidCall]
        let place: ModelPlace
        let credentials: any AWSCredentialsSource
        let alertWebhook: AlertWebhook?

        /// Reads and checks what calls cost and who may make them; nil where nobody asks a model.
        ///
        /// - Parameters:
        ///   - options: What the pipeline is made from.
        ///   - plans: Its functions.
        ///   - embedding: The model that is paid for vectors; nil where none is.
        ///   - defaultModel: What is asked where the settings name no endpoint.
        ///   - runsHost: Whether the functions work on their queues.
        /// - Throws: ``SetupProblem``, `YAMLProblem`, or what keeps the first question from being answered.
        init?(
            _ options: PipelineOptions, _ plans: [FunctionPlan], embedding: EmbeddingModel?,
            model defaultModel: DefaultModel, runsHost: Bool
        ) async throws {
            let asking = plans.lazy.compactMap(\.asked.model)
            guard embedding != nil || asking.first != nil else { return nil }
            guard let first = asking.first else {
                throw SetupProblem(
                    "\(options.manifestFile): vectors are paid for in the region of a function's `model`, and no function"
                        + " asks one; set SLUICE_CHROMA_EMBEDDER to lexical")
            }
            (region, callTimeout) = (first.id.region, first.callTimeout)
            folder = try options.budgetsFolder()
            prices = try PriceBook.load(folder: "\(folder)/prices")
            budgets = try Budget.load(folder: folder)
            let calls = ConfiguredCalls(plans)
            models = calls.models + Self.vectors(by: embedding, for: plans, in: region)
            largestCalls = calls.largest
            // Whether prices are in force, and limits have room, is asked of the ledger: it has the clock, and the limits of
            // the files may not be in force.
            if let problem = SpendingCheck.problems(models: models, prices: prices, budgets: budgets, at: nil).first {
                throw problem
            }
            let endpoint = options.settings.bedrockEndpoint
            if case .standIn(let standIn) = defaultModel, options.asksStandIn || endpoint == nil {
                try standIn.check(options, runsHost: runsHost, embedding: embedding)
                place = .standIn(standIn)
                credentials = StaticCredentials(standIn.credentials)
            } else {
                place = .endpoint(endpoint ?? "https://bedrock-runtime.\(region).amazonaws.com")
                let source = EnvironmentCredentials(environment: ProcessInfo.processInfo.environment)
                // Missing keys stop the start rather than the first question, where any function here asks the model.
                let asks = plans.contains { plan in
                    plan.asked.model != nil && options.functions?.contains(plan.settings.name) ?? true
                }
                if asks || options.functions == [] { _ = try await source.credentials() }
                credentials = source
            }
            alertWebhook = try AlertWebhook(options.settings)
        }

        /// Who asks for vectors that are paid for.
        private static func vectors(
            by embedding: EmbeddingModel?, for plans: [FunctionPlan], in region: String
        ) -> [(function: String, model: ModelID)] {
            guard let embedding else { return [] }
            let model = GovernedEmbeddings.modelID(embedding, in: region)
            let searching = plans.filter { $0.asked.index != nil }.map(\.settings.name)
            return (searching + [CorpusAccess.function]).map { ($0, model) }
        }
    }
}
