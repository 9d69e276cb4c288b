import CoreMetrics
import FoundationEssentials
import FunctionHost
import FunctionKit
import History
import Messaging
import Spending
import Synchronization

/// Looks at what a pipeline stands on: for `/readyz`, and for the gauges.
struct Readiness: Sendable {
    /// What a look found.
    struct Report: Sendable {
        let isDraining: Bool
        /// Each part with `ready`, or with why it is not.
        let parts: [String: String]

        var isReady: Bool { !isDraining && parts.values.allSatisfy { $0 == "ready" } }

        /// The report as `/readyz` shows it.
        var facts: [String: String] {
            parts.merging(["status": isDraining ? "draining" : isReady ? "ready" : "unavailable"]) { $1 }
        }
    }

    /// The gauges need not be newer than this: each look costs queries.
    private static let gaugesKept = Duration.seconds(1)

    let pipeline: Pipeline
    let metrics: any MetricsFactory
    private let lastLook = LastLook()

    init(pipeline: Pipeline, metrics: any MetricsFactory) {
        self.pipeline = pipeline
        self.metrics = metrics
    }

    /// Looks at all parts.
    func check() async -> Report {
        let isDraining = pipeline.host.drain.deadline != nil
        async let broker = brokerState()
        async let ledger = state { _ = try await pipeline.governor.status() }
        async let index = state { _ = try await pipeline.index.search("ready", limit: 1) }
        async let history = state { _ = try await pipeline.history.question(id: "") }
        return await Report(
            isDraining: isDraining,
            parts: ["broker": broker, "ledger": ledger, "index": index, "history": history])
    }

    /// Brings the gauges up to date.
    func observe() async {
        guard lastLook.isOlder(than: Self.gaugesKept) else { return }
        let report = await check()
        for part in ["broker", "ledger", "index"] { gauge("\(part).ready", report.parts[part] == "ready" ? 1 : 0) }
        if let bytes = ProcessFacts.residentBytes() { gauge("process.resident_memory", Double(bytes)) }
        // What cannot be read keeps its last value; the flags above say that it cannot.
        for function in pipeline.functions {
            for (kind, queue) in function.queues.byKind {
                guard let depth = try? await pipeline.broker.depth(of: queue) else { continue }
                gauge(
                    "host.queue.messages", Double(depth.total),
                    [("function", function.settings.name), ("queue", kind)])
            }
        }
        for status in (try? await pipeline.governor.status()) ?? [] {
            let dimensions = [("budget", status.budget)]
            gauge("spending.spent", Double(status.spent.nanoUSD), dimensions)
            gauge("spending.held", Double(status.held.nanoUSD), dimensions)
            gauge("spending.limit", Double(status.limit.nanoUSD), dimensions)
        }
    }

    private func brokerState() async -> String {
        switch await pipeline.broker.state {
        case .blocked(let reason): return "blocked: \(reason)"
        case .away(let reason): return "away: \(reason)"
        case .ready: break
        }
        return await state {
            for function in pipeline.functions { _ = try await pipeline.broker.depth(of: function.queues.waiting) }
        }
    }

    private func state(_ look: () async throws -> Void) async -> String {
        do {
            try await look()
            return "ready"
        } catch {
            return "away"
        }
    }

    private func gauge(_ name: String, _ value: Double, _ dimensions: [(String, String)] = []) {
        Meter(label: name, dimensions: dimensions, factory: metrics).set(value)
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
