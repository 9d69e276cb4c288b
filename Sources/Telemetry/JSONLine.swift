/// A JSON object on one line, built field by field.
///
/// Foundation's encoder would take a type for each shape; a log line has none. Texts are escaped as RFC 8259 asks.
struct JSONLine {
    private(set) var text = "{"

    /// The whole object.
    var closed: String { text + "}" }

    /// Adds a field whose value is a text.
    mutating func add(_ name: String, _ value: String) { add(name, raw: Self.quoted(value)) }

    /// Adds a field whose value is JSON already.
    mutating func add(_ name: String, raw value: String) {
        if text.utf8.count > 1 { text += "," }
        text += Self.quoted(name) + ":" + value
    }

    /// A JSON array of values that are JSON already.
    static func array(_ values: some Sequence<String>) -> String { "[" + values.joined(separator: ",") + "]" }

    /// A number; nil for one that JSON has no way to write.
    static func number(_ value: Double) -> String? {
        guard value.isFinite else { return nil }
        return value.rounded() == value && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
    }

    /// A text in quotation marks.
    static func quoted(_ value: String) -> String {
        var quoted = "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            // Also the separators of lines and paragraphs: some readers of lines end one there.
            case "\u{0}"..."\u{1f}", "\u{7f}"..."\u{9f}", "\u{2028}", "\u{2029}":
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
