import Bedrock
package import Composition
package import CoreMetrics
package import FunctionHost
import FunctionKit
package import History
package import Logging
import Messaging
package import Retrieval
package import ServiceLifecycle
import Settings
package import Spending
import SpendingAlerts
import Telemetry

/// A whole pipeline in one process: queue, ledger, history, index, model client and, where nothing else is to be asked,
/// the model's stand-in.
package struct Pipeline: Sendable {
    /// Take messages in: one for each pipeline of the manifest, in its order.
    package let doors: [FrontDoor]
    /// Knows what became of them.
    package let history: any RunHistory
    /// Holds the limit; nil where no model is asked.
    package let governor: CostGovernor?
    /// The functions of all pipelines, each in the order in which a message passes them.
    package let functions: [RegisteredFunction]
    /// Runs them.
    package let host: FunctionHost

    /// How long stored responses are kept where questions are kept for ever: longer than messages live, of which one may be
    /// parked for as long as a budget's longest period, a month.
    private static let responsesKept = Duration.seconds(62 * 86_400)

    let broker: any MessageBroker
    /// What is embedded.
    let file: DataFile
    /// Finds passages; nil where nobody asks for any.
    package let index: (any ExplainingIndex)?
    /// What the corpus is kept with; the embedded index has none.
    package let corpus: CorpusAccess?
    /// The first function that searches the index.
    package let searching: String?
    /// What paid calls need; nil where no model is asked.
    package let paid: PaidParts?
    /// Sees the paid calls.
    let calls: CallWatch
    /// Sees whether this host and its stores agree on time and limits, and whether they take what is written.
    let storeWatch: StoreWatch
    /// What was accepted and is not noted yet.
    let notes: AcceptanceNotes
    private let upkeep: LedgerUpkeep?

    /// Starts a pipeline, runs `body` beside it and ends the pipeline when `body` returns.
    ///
    /// A signal to end begins a graceful shutdown, on which `body` has to end; then the pipeline drains. A second one cuts
    /// the drain short, and what waits on after that is cut off: see ``ProcessEnd``.
    ///
    /// - Parameters:
    ///   - options: What the pipeline is made from.
    ///   - model: What is asked where the settings name no endpoint.
    ///   - metrics: Gets what is counted and timed.
    ///   - logger: Gets what the pipeline has to say.
    ///   - end: How the process ends when it is told to.
    ///   - use: What it is for.
    ///   - services: Run beside the pipeline and are shut down after it has drained.
    ///   - body: Gets the pipeline when it can take questions.
    /// - Returns: What `body` returned.
    /// - Throws: ``SetupProblem`` where the pipeline cannot start, otherwise what a service or `body` throws.
    package static func withPipeline<Value: Sendable>(
        _ options: PipelineOptions, model: DefaultModel,
        metrics: any MetricsFactory = NOOPMetricsHandler.instance, logger: Logger, end: PipelineEnd = .command,
        for use: PipelineUse = .serving,
        services: @escaping @Sendable (Pipeline) -> [any Service] = { _ in [] },
        _ body: @escaping @Sendable (Pipeline) async throws -> Value
    ) async throws -> Value {
        let (limit, needed) = (ProcessFacts.descriptorLimit, ProcessFacts.descriptorsNeeded)
        guard limit >= needed else {
            throw SetupProblem("the process may have only \(limit) files open; raise `ulimit -n` to \(needed) or more")
        }
        let parts = try await PipelineParts(options: options, model: model, use: use, logger: logger)
        do {
            let value = try await withEndpoint(parts) { endpoint in
                let pipeline = try await Pipeline(
                    parts, options: options, endpoint: endpoint, end: end, metrics: metrics, logger: logger)
                return try await pipeline.serve(
                    services(pipeline), logger: logger, end: end, runsHost: use == .serving, body)
            }
            try await parts.close()
            return value
        } catch {
            try? await parts.close()
            throw error
        }
    }

    /// Gives the model's address, with a stand-in behind it where there is no other; nil where no model is asked.
    private static func withEndpoint<Value: Sendable>(
        _ parts: PipelineParts, _ body: (String?) async throws -> Value
    ) async throws -> Value {
        guard let paid = parts.paid else { return try await body(nil) }
        return switch paid.place {
        case .endpoint(let endpoint): try await body(endpoint)
        // It ends last of all: whoever drains may still wait for its answer.
        case .standIn(let standIn): try await standIn.run(region: paid.region, models: paid.modelNames, body)
        }
    }

    private init(
        _ parts: PipelineParts, options: PipelineOptions, endpoint: String?, end: PipelineEnd,
        metrics: any MetricsFactory, logger: Logger
    ) async throws {
        calls = CallWatch(metrics: metrics)
        let found = try await parts.open(
            endpoint: endpoint, watch: calls, patience: options.patience, logger: logger)
        (index, corpus) = (found?.index, found?.corpus)
        functions = Array(parts.pipelines.joined())
        searching = parts.searching
        history = parts.history
        paid = parts.paid
        governor = parts.paid?.governor
        broker = parts.broker
        file = parts.file
        let governor = parts.paid?.governor
        storeWatch = StoreWatch(
            governor: governor, history: parts.books.haveClock ? history : nil, file: file, calls: calls, logger: logger
        )
        let invoker = Invoker(metrics: metrics)
        let alerts = AlertDelivery(
            webhook: parts.paid?.alertWebhook, client: parts.client, logger: logger, metrics: metrics)
        upkeep = governor.map { governor in
            LedgerUpkeep(
                governor: governor, keepResponses: options.settings.historyKept ?? Self.responsesKept, logger: logger
            ) { alert in
                // Nothing that the end of an idle host waits for: what is not confirmed is told by the next one.
                try await alerts.deliver(alert)
            }
        }
        host = FunctionHost(
            functions: functions, running: parts.served, broker: parts.broker, history: history,
            invoker: invoker, drainTime: end.drainTime(options.settings),
            historyKept: options.settings.historyKept,
            hasRoom: { (try? await governor?.hasRoom(budget: $0, for: Money(nanoUSD: $1))) ?? false },
            reservationsReleased: { governor?.reservationsReleased ?? 0 }, metrics: metrics,
            tellsErrors: options.tellsErrors, logger: logger)
        notes = AcceptanceNotes(history: history, drain: host.drain, underWay: invoker.underWay, logger: logger)
        doors = parts.pipelines.map { [history, host, notes] functions in
            var door = FrontDoor(
                pipeline: functions, broker: parts.broker, history: history, notes: notes,
                invoker: invoker, drain: host.drain, logger: logger)
            if let patience = options.patience {
                door.confirmPatience = min(door.confirmPatience, patience.left)
            }
            return door
        }
        if let patience = options.patience {
            host.drain.isAwaited(until: patience.callsEnd, of: patience.whole)
        }
        try await host.declareQueues(patience: PipelineParts.patience(options))
    }

    /// Runs the services until `body` has returned, and then drains them.
    private func serve<Value: Sendable>(
        _ others: [any Service], logger: Logger, end: PipelineEnd, runsHost: Bool,
        _ body: @escaping @Sendable (Pipeline) async throws -> Value
    ) async throws -> Value {
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        let bodyService = BodyService { try await body(self) }
        // The first is shut down last: a draining host still holds money, and answers whether it is ready. What was
        // accepted is noted after the last question has come.
        var services: [any Service] = []
        if let upkeep { services.append(UpkeepService(upkeep: upkeep)) }
        services += [storeWatch, notes] + others
        if runsHost { services += host.services(flushLog: end.flushLog, logger: logger) }
        let group = ServiceGroup(
            configuration: .init(
                // One that fails ends the others as a signal would: what is under way is not cut off, and the error is thrown then.
                services: services.map { .init(service: $0, failureTerminationBehavior: .gracefullyShutdownGroup) } + [
                    .init(
                        service: bodyService, successTerminationBehavior: .gracefullyShutdownGroup,
                        failureTerminationBehavior: .gracefullyShutdownGroup)
                ], logger: quiet))
        let orderly = host.orderlyEnd(
            of: group, statusWhenCut: end.statusWhenCut, isCutWhenQuiet: end.isCutWhenQuiet, lastWords: end.lastWords)
        return try await ProcessEnd.shared.withOrderlyEnd(orderly) {
            try await group.run()
            return try bodyService.result()
        }
    }
}
