import CoreMetrics
import FunctionKit

/// What a host records; the names are explained in the guide of `Telemetry`.
///
/// Dimensions come from the manifest and from closed sets: no id, tenant or text of a question is one.
struct HostMetrics: Sendable {
    let factory: any MetricsFactory

    /// A delivery came into this host's hands, or left them.
    func inFlight(_ function: String, _ change: Double) {
        Meter(label: "host.deliveries.in_flight", dimensions: [("function", function)], factory: factory)
            .increment(by: change)
    }

    /// A delivery's outcome is durable.
    func delivery(_ function: String, outcome: String) {
        Counter(
            label: "host.deliveries", dimensions: [("function", function), ("outcome", outcome)], factory: factory
        ).increment()
    }

    /// An invocation has ended.
    func invocation(_ function: String, _ ending: Invoker.Ending, took: Duration) {
        Timer(
            label: "host.invocation.duration", dimensions: [("function", function), ("outcome", ending.name)],
            factory: factory
        ).recordNanoseconds(Int64(took / .nanoseconds(1)))
    }

    /// The host got into trouble with a function.
    func trouble(_ function: String, _ kind: HostTrouble.Kind) {
        Counter(
            label: "host.troubles", dimensions: [("function", function), ("kind", kind.rawValue)], factory: factory
        ).increment()
    }

    /// Whether the host is in trouble with a function.
    func inTrouble(_ function: String, _ isInTrouble: Bool) {
        Meter(label: "host.in_trouble", dimensions: [("function", function)], factory: factory)
            .set(isInTrouble ? 1 : 0)
    }

    /// Whether the drain has begun.
    func draining(_ isDraining: Bool) { set("host.draining", isDraining ? 1 : 0) }

    /// The drain is over.
    func drained(_ report: DrainReport) {
        set("host.drain.duration", report.took / .seconds(1))
        set("host.drain.finished", Double(report.finished))
        set("host.drain.handed_back", Double(report.handedBack))
        set("host.drain.reservations_released", Double(report.reservationsReleased))
    }

    private func set(_ name: String, _ value: Double) { Meter(label: name, factory: factory).set(value) }
}

extension Invoker.Ending {
    /// A constant name for metrics.
    fileprivate var name: String {
        switch self {
        case .output: "output"
        case .failed: "failed"
        case .timedOut: "timed-out"
        case .cutShort: "cut-short"
        }
    }
}
