/// The values of a registry in the text format that Prometheus reads.
///
/// See <https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>, version 0.0.4. A metric's dots
/// become underscores and its unit is added: `host.invocation.duration` is `host_invocation_duration_seconds`.
package enum PrometheusText {
    /// The value of `Content-Type`.
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// All metrics that have values.
    package static func page(_ registry: MetricsRegistry) -> String {
        var page = ""
        var last: String?
        for sample in registry.samples() {
            let name = name(of: sample.definition)
            if last != name {
                page += "# HELP \(name) \(escapedHelp(sample.definition.meaning))\n"
                page += "# TYPE \(name) \(type(of: sample.definition.kind))\n"
                last = name
            }
            page += lines(of: sample, name: name)
        }
        return page
    }

    /// A metric's name there.
    static func name(of definition: MetricDefinition) -> String {
        let base = String(definition.name.map { $0 == "." ? "_" : $0 })
        let unit =
            switch definition.unit {
            case .count, .flag: ""
            case .seconds: "_seconds"
            case .nanoUSD: "_nano_usd"
            case .bytes: "_bytes"
            }
        return base + unit + (definition.kind == .counter ? "_total" : "")
    }

    private static func type(of kind: MetricDefinition.Kind) -> String {
        switch kind {
        case .counter: "counter"
        case .gauge: "gauge"
        case .timer: "histogram"
        }
    }

    private static func lines(of sample: MetricsRegistry.Sample, name: String) -> String {
        let labels = Array(zip(sample.definition.dimensions, sample.dimensions))
        guard sample.definition.kind == .timer else {
            return "\(name)\(text(labels)) \(number(sample.values.value))\n"
        }
        var lines = ""
        var count = 0
        for (index, own) in sample.values.bucketCounts.enumerated() {
            count += own
            let bound = index < MetricSeries.buckets.count ? number(MetricSeries.buckets[index]) : "+Inf"
            lines += "\(name)_bucket\(text(labels + [("le", bound)])) \(count)\n"
        }
        lines += "\(name)_sum\(text(labels)) \(number(sample.values.sum))\n"
        lines += "\(name)_count\(text(labels)) \(count)\n"
        return lines
    }

    private static func text(_ labels: [(String, String)]) -> String {
        guard !labels.isEmpty else { return "" }
        return "{" + labels.map { "\($0)=\"\(escapedValue($1))\"" }.joined(separator: ",") + "}"
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return JSONLine.number(value) ?? "NaN"
    }

    private static func escapedHelp(_ text: String) -> String {
        text.escaped(["\\": "\\\\", "\n": "\\n"])
    }

    private static func escapedValue(_ text: String) -> String {
        text.escaped(["\\": "\\\\", "\n": "\\n", "\"": "\\\""])
    }
}

extension String {
    /// By scalars: a line break may be half of a character.
    fileprivate func escaped(_ replacements: [Unicode.Scalar: String]) -> String {
        var result = ""
        for scalar in unicodeScalars {
            if let replacement = replacements[scalar] {
                result += replacement
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
