import Foundation
import Testing

/// The rules of the published specification of the embedded metric format, version 0.
///
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>
package enum EMFRules {
    private static let units: Set<String> = ["Count", "Seconds", "Bytes", "None"]

    /// Records an issue for each rule that a document breaks.
    package static func check(_ document: [String: Any]) throws {
        let metadata = try #require(document["_aws"] as? [String: Any])
        #expect(Set(metadata.keys) == ["Timestamp", "CloudWatchMetrics"])
        #expect(try #require(metadata["Timestamp"] as? Int) > 1_700_000_000_000)
        let directives = try #require(metadata["CloudWatchMetrics"] as? [[String: Any]])
        #expect(!directives.isEmpty)
        for directive in directives { try check(directive, of: document) }
    }

    private static func check(_ directive: [String: Any], of document: [String: Any]) throws {
        #expect(Set(directive.keys) == ["Namespace", "Dimensions", "Metrics"])
        #expect((1...1024).contains(try #require(directive["Namespace"] as? String).count))
        let sets = try #require(directive["Dimensions"] as? [[String]])
        #expect(!sets.isEmpty)
        for set in sets {
            #expect(set.count <= 30)
            #expect(Set(set).count == set.count)
            for key in set {
                #expect((1...250).contains(key.count))
                let value = try #require(document[key] as? String, "the dimension \(key) has no value")
                #expect((1...1024).contains(value.count))
            }
        }
        let metrics = try #require(directive["Metrics"] as? [[String: Any]])
        #expect((1...100).contains(metrics.count))
        #expect(Set(metrics.compactMap { $0["Name"] as? String }).count == metrics.count)
        for metric in metrics {
            let name = try #require(metric["Name"] as? String)
            #expect((1...1024).contains(name.count))
            #expect(units.contains(try #require(metric["Unit"] as? String)))
            if let values = document[name] as? [Double] {
                #expect((1...100).contains(values.count))
            } else {
                #expect(document[name] is Double, "the metric \(name) has no value")
            }
        }
    }
}
