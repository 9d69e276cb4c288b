import FunctionHost
import FunctionKit
import HTTPTransport
import History
import Logging
import Messaging
import Retrieval
import Settings
import Spending
import SpendingSQLite
import StrictYAML

/// What a pipeline is put together from: all files read and checked, queues and books open, nothing running yet.
struct PipelineParts: Sendable {
    let history: any QuestionHistory
    let broker: any MessageBroker
    /// Nil where nobody asked for it.
    let index: IndexChoice?
    let client: HTTPClient
    /// What paid calls need; nil where nobody makes any.
    let paid: PaidParts?
    /// To be looked at before each call of the stand-in; nil where it may go on whatever stands there.
    let realModel: RealModelNote?

    /// The functions, in the order in which a question passes them.
    let plans: [FunctionPlan]

    /// A server that was killed is back by then, so that what was paid meanwhile can be settled.
    private static let serverPatience = Duration.seconds(15)

    /// What is embedded.
    let file: DataFile

    let books: Books

    /// Reads, checks and opens everything that the functions asked for.
    ///
    /// - Parameters:
    ///   - options: What the pipeline is made from.
    ///   - defaultModel: What is asked where the settings name no endpoint.
    ///   - runsHost: Whether the functions work on their queues.
    ///   - logger: Told of the broker's connections.
    /// - Throws: ``SetupProblem`` with one line for a person.
    init(options: PipelineOptions, model defaultModel: DefaultModel, runsHost: Bool, logger: Logger) async throws {
        do {
            plans = try FunctionPlan.plans(
                Manifest(YAMLValue.load(file: options.manifestFile)), among: options.available, logger: logger)
            try Self.check(options.functions, against: plans)
            // Who invokes some functions itself uses what these asked for, and no queue.
            let asked = plans.filter { runsHost || options.functions?.contains($0.settings.name) ?? true }.map(\.asked)
            index =
                options.needsIndex || asked.contains { $0.index != nil }
                ? try await IndexChoice(options.settings, knowledgeFolder: options.knowledgeFolder) : nil
            let pays = index?.paidModel != nil || asked.contains { $0.model != nil }
            // Before anything is written; the governor asks again before each call.
            let paying =
                pays
                ? try await PaidParts.Plan(
                    options, plans, embedding: index?.paidModel, model: defaultModel, runsHost: runsHost) : nil

            let patience = min(Self.serverPatience, options.patience?.left ?? Self.serverPatience)
            // What is neither spent nor kept needs no books: those in memory are nobody's.
            let isEphemeral =
                options.isEphemeral || !runsHost && paying == nil && !asked.contains { $0.history != nil }
            file = DataFile(folder: isEphemeral ? nil : options.dataFolder) { logger.warning("\($0)") }
            books = try await Books.open(
                url: options.settings.databaseURL, file: file, isEphemeral: isEphemeral,
                for: options.makesTables ? .serving(logger) : .paying, patience: patience)
            broker =
                runsHost
                ? try await BrokerChoice.open(
                    url: options.settings.brokerURL, file: file, isEphemeral: isEphemeral, patience: patience,
                    logger: logger) : InMemoryBroker()
            history = books.history
            if let paying {
                realModel = try await StandInRules.meet(options, paying, file, runsHost: runsHost)
            } else {
                realModel = nil
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
