import FoundationEssentials
import ServiceLifecycle

/// Writes the metrics to the log in CloudWatch's format, now and then and at the end.
package struct EmbeddedMetricWriter: Service {
    private let registry: MetricsRegistry
    private let namespace: String
    private let period: Duration
    private let output: LineOutput
    private let look: @Sendable () async -> Void

    /// Makes a writer.
    ///
    /// - Parameters:
    ///   - registry: Must keep single durations.
    ///   - namespace: Where CloudWatch keeps the metrics.
    ///   - period: How often.
    ///   - output: Shared with the log.
    ///   - look: Brings the gauges up to date; called before each time.
    package init(
        registry: MetricsRegistry, namespace: String, period: Duration, output: LineOutput,
        look: @escaping @Sendable () async -> Void
    ) {
        self.registry = registry
        self.namespace = namespace
        self.period = period
        self.output = output
        self.look = look
    }

    /// Writes until graceful shutdown, and then once more.
    package func run() async {
        var format = EmbeddedMetricFormat(namespace: namespace)
        while (try? await cancelWhenGracefulShutdown { try await Task.sleep(for: period) }) != nil {
            await look()
            write(&format)
        }
        await look()
        write(&format)
    }

    private func write(_ format: inout EmbeddedMetricFormat) {
        for document in format.documents(registry, at: .now) { output.write(document) }
    }
}
