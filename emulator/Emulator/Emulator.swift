package import Composition
import FunctionHost
package import HostProcess
package import Logging
import ServiceLifecycle
import Telemetry

/// The whole pipeline behind a loopback port, until a signal ends it.
package struct Emulator: Sendable {
    /// What the emulator says of itself once it takes questions.
    package struct Ready: Sendable {
        /// The port that it listens on.
        package let port: Int
        /// From the start of the program.
        package let sinceStart: Duration
        /// Memory in use, in bytes; nil where the kernel does not say.
        package let residentBytes: Int?
    }

    private let options: PipelineOptions
    private let port: Int
    private let startedAt: ContinuousClock.Instant
    private let logger: Logger

    /// Makes an emulator; nothing runs before ``run(onReady:)``.
    ///
    /// - Parameters:
    ///   - options: What the pipeline is made from.
    ///   - port: On 127.0.0.1; 0 for any that is free.
    ///   - startedAt: When the program started.
    ///   - logger: Gets what the emulator has to say.
    package init(options: PipelineOptions, port: Int, startedAt: ContinuousClock.Instant, logger: Logger) {
        self.options = options
        self.port = port
        self.startedAt = startedAt
        self.logger = logger
    }

    /// Serves until SIGTERM, SIGINT or SIGHUP, and drains: where its terminal is gone, so is whoever started it.
    ///
    /// Told to end before it is ready, the process ends at once, with 0 likewise.
    ///
    /// - Parameter onReady: Called when questions are taken, with the running pipeline.
    /// - Throws: ``SetupProblem`` where the emulator cannot start.
    package func run(onReady: @escaping @Sendable (Ready, Pipeline) async -> Void) async throws {
        ProcessEnd.shared.endAtOnce(with: 0, outlivesTerminal: false)
        try PipelineServer.checkLoopback(port: port, option: "--port")
        let registry = MetricsRegistry()
        try await Pipeline.withPipeline(
            options, model: .emulated, metrics: registry, logger: logger, end: .server,
            services: { [port, startedAt, logger] pipeline in
                [
                    PipelineServer(
                        pipeline, health: HealthRoutes(pipeline, registry: registry), callers: .developer,
                        address: "127.0.0.1", port: port, portOption: "--port", logger: logger
                    ) { port in
                        await onReady(
                            Ready(
                                port: port, sinceStart: .now - startedAt, residentBytes: ProcessFacts.residentBytes()),
                            pipeline)
                    }
                ]
            }
        ) { _ in try? await gracefulShutdown() }
    }
}
