import Foundation

/// The rules of the published specification of the embedded metric format, version 0.
///
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>
package struct EMFRules {
    private static let units: Set<String> = ["Count", "Seconds", "Bytes", "None"]

    private let document: [String: Any]
    private var broken: [String] = []

    /// What a document breaks; empty where it keeps every rule.
    package static func broken(by document: [String: Any]) -> [String] {
        var rules = EMFRules(document: document)
        rules.checkMetadata()
        return rules.broken
    }

    private init(document: [String: Any]) { self.document = document }

    private mutating func expect(_ isKept: Bool, _ rule: String) {
        if !isKept { broken.append(rule) }
    }

    private mutating func checkMetadata() {
        let metadata = document["_aws"] as? [String: Any] ?? [:]
        expect(Set(metadata.keys) == ["Timestamp", "CloudWatchMetrics"], "_aws has the keys \(metadata.keys)")
        expect(metadata["Timestamp"] as? Int ?? 0 > 1_700_000_000_000, "the timestamp is not in milliseconds")
        let directives = metadata["CloudWatchMetrics"] as? [[String: Any]] ?? []
        expect(!directives.isEmpty, "there is no directive")
        for directive in directives { check(directive) }
    }

    private mutating func check(_ directive: [String: Any]) {
        expect(
            Set(directive.keys) == ["Namespace", "Dimensions", "Metrics"], "a directive has the keys \(directive.keys)")
        expect((1...1024).contains((directive["Namespace"] as? String ?? "").count), "the namespace's length")
        let sets = directive["Dimensions"] as? [[String]] ?? []
        expect(!sets.isEmpty, "there is no set of dimensions")
        for set in sets { check(dimensions: set) }
        let metrics = directive["Metrics"] as? [[String: Any]] ?? []
        expect((1...100).contains(metrics.count), "a directive has \(metrics.count) metrics")
        expect(Set(metrics.compactMap { $0["Name"] as? String }).count == metrics.count, "a metric is named twice")
        for metric in metrics { check(metric: metric) }
    }

    private mutating func check(dimensions: [String]) {
        expect(dimensions.count <= 30, "a set has \(dimensions.count) dimensions")
        expect(Set(dimensions).count == dimensions.count, "a dimension is named twice")
        for key in dimensions {
            expect((1...250).contains(key.count), "the length of the dimension \(key)")
            expect((1...1024).contains((document[key] as? String ?? "").count), "the value of the dimension \(key)")
        }
    }

    private mutating func check(metric: [String: Any]) {
        let name = metric["Name"] as? String ?? ""
        expect((1...1024).contains(name.count), "the length of the metric \(name)")
        expect(Self.units.contains(metric["Unit"] as? String ?? ""), "the unit of the metric \(name)")
        if let values = document[name] as? [Double] {
            expect((1...100).contains(values.count), "the metric \(name) has \(values.count) values")
        } else {
            expect(document[name] is Double, "the metric \(name) has no value")
        }
    }
}
