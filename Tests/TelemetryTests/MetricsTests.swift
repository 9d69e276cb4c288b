import CoreMetrics
import Foundation
import Telemetry
import TestSupport
import Testing

@Suite("Metrics")
struct MetricsTests {
    /// A registry in which everything has a value, some of them hostile.
    static func filled(keepsRecent: Bool = false) -> MetricsRegistry {
        let registry = MetricsRegistry(keepsRecent: keepsRecent)
        Counter(
            label: "host.deliveries", dimensions: [("function", "a\"b\\c\nd\r\ne"), ("outcome", "output")],
            factory: registry
        ).increment(by: 5)
        Counter(
            label: "host.deliveries", dimensions: [("function", "rag-core"), ("outcome", "dead")], factory: registry
        ).increment()
        for milliseconds in [1, 7, 40, 900, 200_000] {
            Timer(
                label: "host.invocation.duration", dimensions: [("outcome", "output"), ("function", "rag-core")],
                factory: registry
            ).recordMilliseconds(milliseconds)
        }
        Meter(label: "host.deliveries.in_flight", dimensions: [("function", "rag-core")], factory: registry)
            .increment(by: 3)
        Meter(label: "host.deliveries.in_flight", dimensions: [("function", "rag-core")], factory: registry)
            .decrement(by: 1)
        Gauge(label: "spending.limit", dimensions: [("budget", "daily")], factory: registry).record(500_000_000)
        Meter(label: "host.drain.duration", factory: registry).set(0.25)
        return registry
    }

    @Test("are shown as Prometheus reads them")
    func prometheus() {
        let page = PrometheusText.page(Self.filled())
        #expect(page.contains("# TYPE host_deliveries_total counter\n"))
        #expect(page.contains("host_deliveries_total{function=\"a\\\"b\\\\c\\nd\r\\ne\",outcome=\"output\"} 5\n"))
        #expect(page.contains("host_deliveries_total{function=\"rag-core\",outcome=\"dead\"} 1\n"))
        #expect(page.contains("# TYPE host_invocation_duration_seconds histogram\n"))
        let labels = "function=\"rag-core\",outcome=\"output\""
        #expect(page.contains("host_invocation_duration_seconds_bucket{\(labels),le=\"0.005\"} 1\n"))
        #expect(page.contains("host_invocation_duration_seconds_bucket{\(labels),le=\"0.01\"} 2\n"))
        #expect(page.contains("host_invocation_duration_seconds_bucket{\(labels),le=\"120\"} 4\n"))
        #expect(page.contains("host_invocation_duration_seconds_bucket{\(labels),le=\"+Inf\"} 5\n"))
        #expect(page.contains("host_invocation_duration_seconds_sum{\(labels)} 200.948\n"))
        #expect(page.contains("host_invocation_duration_seconds_count{\(labels)} 5\n"))
        #expect(page.contains("host_deliveries_in_flight{function=\"rag-core\"} 2\n"))
        #expect(page.contains("spending_limit_nano_usd{budget=\"daily\"} 500000000\n"))
        #expect(page.contains("host_drain_duration_seconds 0.25\n"))
    }

    @Test("pass the parser of Prometheus's own client")
    func parsed() throws {
        let samples = try PrometheusParser.samples(PrometheusText.page(Self.filled()))
        #expect(samples["host_deliveries_total{function=a\"b\\c\nd\r\ne,outcome=output}"] == 5)
        #expect(samples["host_invocation_duration_seconds_count{function=rag-core,outcome=output}"] == 5)
        #expect(samples["host_invocation_duration_seconds_bucket{function=rag-core,le=+Inf,outcome=output}"] == 5)
    }

    @Test("have no series for what is not defined: other names, kinds, dimensions")
    func undefined() {
        let registry = MetricsRegistry()
        Counter(label: "host.unknown", factory: registry).increment()
        Counter(label: "host.deliveries", factory: registry).increment()
        Counter(label: "host.deliveries", dimensions: [("function", "a"), ("tenant", "b")], factory: registry)
            .increment()
        Timer(label: "host.deliveries", dimensions: [("function", "a"), ("outcome", "b")], factory: registry)
            .recordSeconds(1)
        #expect(PrometheusText.page(registry).isEmpty)
    }

    @Test("have a most of series, so that a flood fills neither memory nor bill")
    func flood() {
        let registry = MetricsRegistry()
        for number in 0..<100_000 {
            Counter(
                label: "host.deliveries", dimensions: [("function", "tenant-\(number)"), ("outcome", "output")],
                factory: registry
            ).increment()
        }
        let lines = PrometheusText.page(registry).split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(lines.count == MetricsRegistry.seriesMax)
    }

    @Test("are all in the guide's table, and nothing else is")
    func guide() throws {
        let guide = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Sources/Telemetry/Documentation.docc/Metrics.md")
        let rows = try String(contentsOf: guide, encoding: .utf8).split(separator: "\n").filter { $0.hasPrefix("| `") }
        let expected = MetricDefinition.all.map { metric in
            let dimensions = metric.dimensions.map { "`\($0)`" }.joined(separator: ", ")
            return "| `\(metric.name)` | \(metric.kind.rawValue) | \(metric.unit.rawValue) | "
                + "\(dimensions.isEmpty ? "none" : dimensions) | \(metric.meaning) |"
        }
        #expect(rows.map(String.init) == expected)
    }
}
