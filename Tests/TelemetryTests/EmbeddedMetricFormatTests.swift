import CoreMetrics
import Foundation
import Telemetry
import TestSupport
import Testing

@Suite("CloudWatch's embedded metric format")
struct EmbeddedMetricFormatTests {
    private static let instant = Date(timeIntervalSince1970: 1_795_700_000.5)

    private func documents(
        _ registry: MetricsRegistry, _ format: inout EmbeddedMetricFormat
    ) throws -> [[String: Any]] {
        let documents = try format.documents(registry, at: Self.instant).map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
        }
        for document in documents { #expect(EMFRules.broken(by: document).isEmpty) }
        return documents
    }

    /// All values of a metric, over all documents.
    private func values(_ name: String, in documents: [[String: Any]]) -> [Double] {
        documents.flatMap { document -> [Double] in
            if let list = document[name] as? [Double] { return list }
            return (document[name] as? Double).map { [$0] } ?? []
        }
    }

    @Test("keeps the published rules, with each metric under its dimensions")
    func rules() throws {
        var format = EmbeddedMetricFormat(namespace: "Shop/Sluice")
        let documents = try documents(MetricsTests.filled(keepsRecent: true), &format)
        #expect(values("host.invocation.duration", in: documents) == [0.001, 0.007, 0.04, 0.9, 200])
        #expect(values("spending.limit", in: documents) == [500_000_000])
        #expect(values("host.deliveries.in_flight", in: documents) == [2])
        let dead = try #require(documents.first { $0["outcome"] as? String == "dead" })
        #expect(dead["function"] as? String == "rag-core")
        #expect(dead["host.deliveries"] as? Int == 1)
        let metadata = try #require(dead["_aws"] as? [String: Any])
        #expect(metadata["Timestamp"] as? Int == 1_795_700_000_500)
    }

    @Test("gives counters and timers as what came since the last time")
    func differences() throws {
        let registry = MetricsTests.filled(keepsRecent: true)
        var format = EmbeddedMetricFormat(namespace: "Sluice")
        #expect(values("host.deliveries", in: try documents(registry, &format)).sorted() == [1, 5])
        Counter(
            label: "host.deliveries", dimensions: [("function", "rag-core"), ("outcome", "dead")], factory: registry
        ).increment(by: 2)
        let next = try documents(registry, &format)
        #expect(values("host.deliveries", in: next) == [2])
        #expect(values("host.invocation.duration", in: next).isEmpty)
        // A gauge is told each time.
        #expect(values("spending.limit", in: next) == [500_000_000])
    }

    @Test("splits what is too much for one document")
    func limits() throws {
        let definitions =
            (0..<250).map { MetricDefinition("m.\($0)", .gauge, .count, [], "A gauge.") }
            + [MetricDefinition("t", .timer, .seconds, [], "A timer.")]
        let registry = MetricsRegistry(definitions, keepsRecent: true)
        for definition in definitions.dropLast() { Meter(label: definition.name, factory: registry).set(1) }
        for number in 0..<350 { Timer(label: "t", factory: registry).recordMilliseconds(number) }
        var format = EmbeddedMetricFormat(namespace: "Sluice")
        let documents = try documents(registry, &format)
        #expect(values("t", in: documents).count == 350)
        #expect(definitions.dropLast().allSatisfy { values($0.name, in: documents) == [1] })
    }
}
