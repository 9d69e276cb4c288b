import Hummingbird
package import Telemetry

/// What a platform asks of a process.
///
/// - `GET /healthz`: 200 while the process lives.
/// - `GET /readyz`: 200 while it works, 503 from the first moment of the drain, where queue, ledger, index or
///   history do not answer, and where the host itself is in trouble with a function: then the body names reason and the
///   service's own code, such as `"llm-connector": "model-rejected (AccessDeniedException)"`.
/// - `GET /metrics`: the metrics as Prometheus reads them.
package struct HealthRoutes: Sendable {
    /// Whether a request's path is one of these, which are answered however many others ask.
    static func serves(_ path: String?) -> Bool {
        path.map { ["/healthz", "/readyz", "/metrics"].contains($0.prefix { $0 != "?" }) } ?? false
    }

    let readiness: Readiness
    let gauges: StateGauges
    let registry: MetricsRegistry

    /// The routes of a pipeline, with what it counts and times.
    package init(_ pipeline: Pipeline, registry: MetricsRegistry) {
        readiness = Readiness(pipeline)
        gauges = StateGauges(pipeline: pipeline, readiness: readiness, metrics: registry)
        self.registry = registry
    }

    func add(to router: Router<ConnectionContext>) {
        router.get("healthz") { _, _ in Reply(.ok, ["status": "alive"]) }
        router.get("readyz") { [readiness] _, _ in
            let report = await readiness.check()
            return Reply(report.isReady ? .ok : .serviceUnavailable, report.facts)
        }
        router.get("metrics") { [gauges, registry] _, _ in
            await gauges.update()
            return Reply(.ok, text: PrometheusText.page(registry), type: PrometheusText.contentType)
        }
    }
}
