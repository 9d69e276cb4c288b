import Bedrock
package import Composition
import ECS
import FoundationEssentials
import FunctionHost
import Glibc
import HTTPTransport
package import Logging
import ServiceLifecycle
import Settings
package import Telemetry

/// The functions on their queues, as one process of a platform: `sluice host`.
///
/// Any number of hosts may share a broker and a ledger.
package struct Host: Sendable {
    private let options: PipelineOptions
    private let output: LineOutput
    private let logger: Logger

    private var settings: Settings { options.settings }

    /// Makes a host; nothing runs before ``run()``.
    ///
    /// - Parameters:
    ///   - options: What the pipeline is made from.
    ///   - output: Where metrics are written to, where the settings say so; shared with the log.
    ///   - logger: Gets what the host has to say.
    package init(options: PipelineOptions, output: LineOutput, logger: Logger) {
        self.options = options
        self.output = output
        self.logger = logger
    }

    /// Runs until SIGTERM or SIGINT, and drains.
    ///
    /// SIGHUP is no reason to end: a host needs no terminal. Told to end before it is ready, the process ends at once, with
    /// 0 likewise.
    ///
    /// - Throws: ``SetupProblem`` where the host cannot start.
    package func run() async throws {
        ProcessEnd.shared.endAtOnce(with: 0, outlivesTerminal: true)
        Self.beFirstProcess()
        let client: HTTPClient
        do {
            client = try HTTPClient()
        } catch {
            throw SetupProblem("the HTTP client cannot be made: \(error)")
        }
        do {
            try await run(with: client)
            await client.shutdown()
        } catch {
            await client.shutdown()
            throw error
        }
    }

    private func run(with client: HTTPClient) async throws {
        let logger = await taskLogger(client)
        let registry = MetricsRegistry(keepsRecent: settings.metricFormat == .emf)
        try await Pipeline.withPipeline(
            options, model: .regional, metrics: registry, logger: logger, end: .server,
            services: { pipeline in
                self.services(pipeline, registry: registry, client: client, logger: logger)
            }
        ) { _ in try? await gracefulShutdown() }
    }

    /// What runs beside the pipeline, and ends after its drain.
    private func services(
        _ pipeline: Pipeline, registry: MetricsRegistry, client: HTTPClient, logger: Logger
    ) -> [any Service] {
        let health = HealthRoutes(pipeline, registry: registry)
        var services: [any Service] = []
        if settings.metricFormat == .emf {
            services.append(
                EmbeddedMetricWriter(
                    registry: registry, namespace: settings.metricNamespace, period: settings.metricPeriod,
                    output: output, look: { await health.gauges.update() }))
        }
        if let agent = settings.ecsAgentURL {
            services.append(
                ProtectionKeeper(
                    protection: TaskProtection(agentURL: agent, client: client), changes: pipeline.calls.changes,
                    metrics: registry, logger: logger))
        }
        services.append(
            PipelineServer(
                pipeline, health: health, callers: .anybody, address: settings.listenAddress,
                port: settings.listenPort, portOption: "SLUICE_LISTEN_PORT", logger: logger
            ) { [address = settings.listenAddress] port in
                logger.notice(
                    "host ready", metadata: ["listen.address": "\(address)", "listen.port": .stringConvertible(port)])
            })
        return services
    }

    /// The logger, with the task's id and zone where ECS tells them.
    private func taskLogger(_ client: HTTPClient) async -> Logger {
        var logger = logger
        guard let url = settings.ecsMetadataURL else { return logger }
        do throws(TaskMetadata.Problem) {
            let task = try await TaskMetadata.fetch(from: url, with: client)
            logger[metadataKey: "task.id"] = "\(task.taskID)"
            if let zone = task.availabilityZone { logger[metadataKey: "task.zone"] = "\(zone)" }
        } catch {
            logger.warning("log lines go without the task's id", metadata: [LogKey.error: "\(error)"])
        }
        return logger
    }

    /// Does what the first process of a container, and so the parent of orphans, has to do.
    private static func beFirstProcess() {
        guard getpid() == 1 else { return }
        // The kernel forgets the children of a parent that ignores their end, so that none stays as a zombie. A host
        // starts no process whose end it would have to see.
        _ = signal(SIGCHLD, SIG_IGN)
    }
}
