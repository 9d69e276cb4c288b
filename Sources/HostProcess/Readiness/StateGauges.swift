import Composition
import CoreMetrics
import FunctionHost
import Messaging
import Spending
import Synchronization

/// Brings the gauges of what a pipeline stands on up to date.
struct StateGauges: Sendable {
    /// The gauges need not be newer than this: each look costs queries.
    private static let kept = Duration.seconds(1)

    private let lastLook = LastLook()
    /// How long a reader of the metrics waits for newer values.
    private static let patience = Duration.seconds(3)
    private let look: SharedLook<Void>

    /// Makes gauges without values.
    init(pipeline: Pipeline, readiness: Readiness, metrics: any MetricsFactory) {
        look = SharedLook { await Self.set(pipeline, readiness, metrics) }
    }

    /// Looks and sets them, unless somebody just has; what does not answer in time keeps its last value.
    func update() async {
        guard lastLook.isOlder(than: Self.kept) else { return }
        _ = await look.value(within: Self.patience)
    }

    private static func set(_ pipeline: Pipeline, _ readiness: Readiness, _ metrics: any MetricsFactory) async {
        func set(_ name: String, _ value: Double, _ dimensions: [(String, String)] = []) {
            Meter(label: name, dimensions: dimensions, factory: metrics).set(value)
        }
        let parts = await readiness.check().parts
        for part in ["broker", "ledger", "index"] {
            if let state = parts[part] { set("\(part).ready", state == "ready" ? 1 : 0) }
        }
        if let bytes = ProcessFacts.residentBytes() { set("process.resident_memory", Double(bytes)) }
        // What cannot be read keeps its last value; the flags above say that it cannot.
        for function in pipeline.functions {
            for (kind, queue) in function.queues.byKind {
                guard let depth = try? await pipeline.broker.depth(of: queue) else { continue }
                set(
                    "host.queue.messages", Double(depth.total),
                    [("function", function.settings.name), ("queue", kind)])
            }
        }
        let watch = pipeline.storeWatch
        for offset in watch.offsets { set("host.clock_offset", offset.seconds, [("source", offset.source)]) }
        guard let governor = pipeline.governor else { return }
        set("spending.clock_lead", watch.lead)
        set("spending.limits_stale", watch.limitsProblem == nil ? 0 : 1)
        for status in (try? await governor.status()) ?? [] {
            let dimensions = [("budget", status.budget)]
            set("spending.spent", Double(status.spent.nanoUSD), dimensions)
            set("spending.held", Double(status.held.nanoUSD), dimensions)
            set("spending.limit", Double(status.limit.nanoUSD), dimensions)
        }
    }

}

/// When the gauges were last brought up to date.
private final class LastLook: Sendable {
    private let instant = Mutex<ContinuousClock.Instant?>(nil)

    /// Whether it was so long ago; then it counts as now.
    func isOlder(than age: Duration) -> Bool {
        instant.withLock { instant in
            if let last = instant, .now - last < age { return false }
            instant = .now
            return true
        }
    }
}
