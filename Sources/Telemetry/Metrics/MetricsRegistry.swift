package import CoreMetrics
import Synchronization

/// Keeps the values of all metrics of the process, behind swift-metrics.
///
/// Only what is defined is kept: a metric with another name, kind or dimensions is dropped. Values of dimensions must
/// come from closed sets; as a last resort each metric has a most of ``seriesMax`` series, so that a mistake cannot fill
/// memory, or an account at CloudWatch.
package final class MetricsRegistry: MetricsFactory {
    /// The most sets of dimension values of one metric.
    package static let seriesMax = 200

    /// What was recorded of one metric with one set of dimension values.
    struct Sample {
        let definition: MetricDefinition
        /// In the order of the definition's keys.
        let dimensions: [String]
        let values: MetricSeries.Values
    }

    private struct Family {
        let definition: MetricDefinition
        var series: [[String]: MetricSeries] = [:]
    }

    private let families: Mutex<[String: Family]>
    private let keepsRecent: Bool

    /// Makes a registry without values.
    ///
    /// - Parameters:
    ///   - definitions: The metrics that there may be.
    ///   - keepsRecent: Whether timers keep single durations until somebody takes them.
    package init(_ definitions: [MetricDefinition] = MetricDefinition.all, keepsRecent: Bool = false) {
        families = Mutex(
            Dictionary(definitions.map { ($0.name, Family(definition: $0)) }, uniquingKeysWith: { first, _ in first }))
        self.keepsRecent = keepsRecent
    }

    /// All values, ordered by name and dimensions.
    ///
    /// - Parameter takesRecent: Whether the single durations are handed over, and forgotten here.
    /// - Returns: What was recorded of each series.
    func samples(takesRecent: Bool = false) -> [Sample] {
        let all = families.withLock { $0 }
        return all.values.sorted { $0.definition.name < $1.definition.name }.flatMap { family in
            family.series.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map {
                Sample(
                    definition: family.definition, dimensions: $0.key,
                    values: $0.value.values(takesRecent: takesRecent))
            }
        }
    }

    private func series(
        _ label: String, _ dimensions: [(String, String)], _ kind: MetricDefinition.Kind
    ) -> MetricSeries? {
        families.withLock { families in
            guard let definition = families[label]?.definition, definition.kind == kind,
                definition.dimensions.count == dimensions.count
            else { return nil }
            var values: [String] = []
            for key in definition.dimensions {
                guard let value = dimensions.first(where: { $0.0 == key })?.1 else { return nil }
                values.append(value)
            }
            if let series = families[label]?.series[values] { return series }
            guard families[label]?.series.count ?? 0 < Self.seriesMax else { return nil }
            let series = MetricSeries(kind: kind, keepsRecent: keepsRecent)
            families[label]?.series[values] = series
            return series
        }
    }
}

// MARK: - swift-metrics

extension MetricsRegistry {
    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(label, dimensions, .counter) ?? NOOPMetricsHandler.instance
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(label, dimensions, .gauge) ?? NOOPMetricsHandler.instance
    }

    package func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        series(label, dimensions, .gauge) ?? NOOPMetricsHandler.instance
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(label, dimensions, .timer) ?? NOOPMetricsHandler.instance
    }

    // A series stays until the process ends: a counter that disappears would look like a restart.
    package func destroyCounter(_ handler: any CounterHandler) {}
    package func destroyMeter(_ handler: any MeterHandler) {}
    package func destroyRecorder(_ handler: any RecorderHandler) {}
    package func destroyTimer(_ handler: any TimerHandler) {}
}
