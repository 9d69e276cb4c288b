package import FoundationEssentials

/// The values of a registry as log lines that CloudWatch takes metrics from.
///
/// See <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>.
/// Metrics with the same dimensions share a document of at most ``metricsMax`` metrics. A counter is what came since the
/// last document, a timer the single durations since then, at most ``valuesMax`` a document; what did not happen is
/// not written.
package struct EmbeddedMetricFormat {
    /// The most metrics of a document.
    static let metricsMax = 100
    /// The most values of one metric in a document.
    static let valuesMax = 100

    private struct Entry {
        let definition: MetricDefinition
        let value: String
    }

    private struct Group: Hashable {
        let keys: [String]
        let values: [String]
    }

    private struct SeriesKey: Hashable {
        let name: String
        let dimensions: [String]
    }

    private let namespace: String
    private var countersBefore: [SeriesKey: Double] = [:]

    /// Makes a format.
    ///
    /// - Parameter namespace: Where CloudWatch keeps the metrics; 1 to 255 characters.
    package init(namespace: String) { self.namespace = namespace }

    /// What has been recorded since the last call, one document a line.
    ///
    /// - Parameters:
    ///   - registry: Must keep single durations, which are taken from it.
    ///   - instant: When.
    /// - Returns: Lines without their ends.
    package mutating func documents(_ registry: MetricsRegistry, at instant: Date) -> [String] {
        var groups: [Group: [Entry]] = [:]
        for sample in registry.samples(takesRecent: true) {
            let group = Group(keys: sample.definition.dimensions, values: sample.dimensions)
            groups[group, default: []] += entries(of: sample)
        }
        return groups.sorted { ($0.key.keys + $0.key.values).lexicographicallyPrecedes($1.key.keys + $1.key.values) }
            .flatMap { group, entries in
                Self.rounds(entries).map { document(of: group, $0, at: instant) }
            }
    }

    private mutating func entries(of sample: MetricsRegistry.Sample) -> [Entry] {
        switch sample.definition.kind {
        case .gauge:
            return JSONLine.number(sample.values.value).map { [Entry(definition: sample.definition, value: $0)] } ?? []
        case .counter:
            let key = SeriesKey(name: sample.definition.name, dimensions: sample.dimensions)
            let added = sample.values.value - (countersBefore.updateValue(sample.values.value, forKey: key) ?? 0)
            guard added > 0, let value = JSONLine.number(added) else { return [] }
            return [Entry(definition: sample.definition, value: value)]
        case .timer:
            let values = sample.values.recent.compactMap(JSONLine.number)
            return stride(from: 0, to: values.count, by: Self.valuesMax).map { start in
                Entry(
                    definition: sample.definition,
                    value: JSONLine.array(values[start..<min(start + Self.valuesMax, values.count)]))
            }
        }
    }

    /// Splits entries so that no document names a metric twice or has too many.
    private static func rounds(_ entries: [Entry]) -> [[Entry]] {
        var rounds: [[Entry]] = []
        for entry in entries {
            let fits = rounds.firstIndex { round in
                round.count < metricsMax && !round.contains { $0.definition.name == entry.definition.name }
            }
            if let fits { rounds[fits].append(entry) } else { rounds.append([entry]) }
        }
        return rounds
    }

    private func document(of group: Group, _ entries: [Entry], at instant: Date) -> String {
        let metrics = entries.map { entry in
            var metric = JSONLine()
            metric.add("Name", entry.definition.name)
            metric.add("Unit", Self.unit(entry.definition.unit))
            return metric.closed
        }
        var directive = JSONLine()
        directive.add("Namespace", namespace)
        directive.add("Dimensions", raw: JSONLine.array([JSONLine.array(group.keys.map(JSONLine.quoted))]))
        directive.add("Metrics", raw: JSONLine.array(metrics))
        var metadata = JSONLine()
        metadata.add("Timestamp", raw: "\(Int64((instant.timeIntervalSince1970 * 1000).rounded(.down)))")
        metadata.add("CloudWatchMetrics", raw: JSONLine.array([directive.closed]))
        var document = JSONLine()
        document.add("_aws", raw: metadata.closed)
        for (key, value) in zip(group.keys, group.values) { document.add(key, value) }
        for entry in entries { document.add(entry.definition.name, raw: entry.value) }
        return document.closed
    }

    private static func unit(_ unit: MetricDefinition.Unit) -> String {
        switch unit {
        case .count: "Count"
        case .seconds: "Seconds"
        case .bytes: "Bytes"
        case .nanoUSD, .flag: "None"
        }
    }
}
