import Bedrock
import BedrockStandIn
import FoundationEssentials
package import FunctionHost
import FunctionKit
import HTTPTransport
package import History
package import Logging
import Messaging
import MessagingSQLite
import Retrieval
import SQLite
import ServiceLifecycle
package import Spending
import SpendingAlerts
import StrictYAML
import UnixSignals

/// A whole pipeline in one process: queue, ledger, history, index, model client and, unless another endpoint is named,
/// the model's stand-in.
package struct Pipeline: Sendable {
    /// Takes questions in.
    package let door: FrontDoor
    /// Knows what became of them.
    package let history: SQLiteHistory
    /// Holds the limit.
    package let governor: CostGovernor
    /// The functions, in the order in which a question passes them.
    package let functions: [RegisteredFunction]
    /// Runs them.
    package let host: FunctionHost

    /// Longer than messages live: one may be parked for as long as a budget's longest period, a month.
    private static let responsesKept = Duration.seconds(62 * 86_400)

    let broker: any MessageBroker
    private let upkeep: LedgerUpkeep

    /// Starts a pipeline, runs `body` beside it and ends the pipeline when `body` returns.
    ///
    /// SIGTERM and SIGINT begin a graceful shutdown, on which `body` has to end; then the pipeline drains. A second one
    /// cuts the drain short.
    ///
    /// - Parameters:
    ///   - options: What the pipeline is made from.
    ///   - logger: Gets what the pipeline has to say.
    ///   - runsHost: Whether the functions work on their queues; without, they can be invoked directly alone.
    ///   - body: Gets the pipeline when it can take questions.
    /// - Returns: What `body` returned.
    /// - Throws: ``SetupProblem`` where the pipeline cannot start, otherwise what `body` throws.
    package static func withPipeline<Value: Sendable>(
        _ options: EmulatorOptions, logger: Logger, runsHost: Bool = true,
        _ body: @escaping @Sendable (Pipeline) async throws -> Value
    ) async throws -> Value {
        let parts = try await PipelineParts(options: options)
        do {
            let value = try await run(parts, options: options, logger: logger, runsHost: runsHost, body)
            try await parts.close()
            return value
        } catch {
            try? await parts.close()
            throw error
        }
    }

    private static func run<Value: Sendable>(
        _ parts: PipelineParts, options: EmulatorOptions, logger: Logger, runsHost: Bool,
        _ body: @escaping @Sendable (Pipeline) async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Void.self) { group in
            let endpoint: String
            if let named = options.bedrockEndpoint {
                endpoint = named
            } else {
                let standIn = StandIn(
                    credentials: StandInKeys.credentials, region: parts.region, models: parts.models,
                    recordsRequests: false, port: 0)
                group.addTask { try await standIn.run() }
                endpoint = "http://127.0.0.1:\(try await standIn.boundPort)"
            }
            let pipeline = try await Pipeline(parts, options: options, endpoint: endpoint, logger: logger)
            let value = try await pipeline.serve(logger: logger, runsHost: runsHost, body)
            // Last of all the stand-in: whoever drains may still wait for its answer.
            group.cancelAll()
            return value
        }
    }

    private init(_ parts: PipelineParts, options: EmulatorOptions, endpoint: String, logger: Logger) async throws {
        let model = GovernedModel(
            governor: parts.governor,
            client: BedrockModel(
                endpoint: endpoint, region: parts.region, credentials: parts.credentials, http: parts.client),
            model: parts.model, callTimeout: parts.callTimeout)
        let catalogue = FunctionCatalogue(index: parts.index, model: model, history: parts.history)
        functions = parts.plans.map { catalogue.make($0) }
        history = parts.history
        governor = parts.governor
        broker = parts.broker
        let governor = parts.governor
        let alerts = AlertDelivery(webhook: parts.alertWebhook, client: parts.client, logger: logger)
        upkeep = LedgerUpkeep(governor: governor, keepResponses: Self.responsesKept, logger: logger) { alert in
            try await alerts.deliver(alert)
        }
        let invoker = Invoker()
        host = FunctionHost(
            functions: functions, broker: parts.broker, history: history, invoker: invoker,
            drainTime: options.drainTime,
            hasRoom: { (try? await governor.hasRoom(budget: $0, for: Money(nanoUSD: $1))) ?? false }, logger: logger)
        door = FrontDoor(
            pipeline: functions, broker: parts.broker, history: history, invoker: invoker, drain: host.drain,
            logger: logger)
        try await host.declareQueues()
    }

    /// Runs the services until `body` has returned, and then drains them.
    private func serve<Value: Sendable>(
        logger: Logger, runsHost: Bool, _ body: @escaping @Sendable (Pipeline) async throws -> Value
    ) async throws -> Value {
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        let bodyService = BodyService { try await body(self) }
        // The first is shut down last: a draining host still holds money.
        var services: [ServiceGroupConfiguration.ServiceConfiguration] = [
            .init(service: UpkeepService(upkeep: upkeep))
        ]
        if runsHost {
            let watchdog = Watchdog(leftBehind: { host.invoker.leftBehind }, logger: logger)
            services += [.init(service: watchdog), .init(service: SecondSignal(host: host)), .init(service: host)]
        }
        services.append(
            .init(
                service: bodyService, successTerminationBehavior: .gracefullyShutdownGroup,
                failureTerminationBehavior: .gracefullyShutdownGroup))
        let group = ServiceGroup(
            configuration: .init(
                services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet))
        try await group.run()
        return try bodyService.result()
    }
}
