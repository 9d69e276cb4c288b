import FoundationEssentials
import Yams

/// A value in a YAML file that knows where it stands, so that each complaint names file and line.
package struct YAMLValue {
    /// The file, as the person named it.
    package let file: String
    /// What to call the value in a complaint, such as `functions.rag-core.timeout`.
    package let path: String

    private let node: Node

    private init(file: String, path: String, node: Node) {
        self.file = file
        self.path = path
        self.node = node
    }

    /// Reads a file.
    ///
    /// - Throws: ``YAMLProblem`` where the file cannot be read or is no YAML, also for a key that stands twice.
    package static func load(file: String) throws(YAMLProblem) -> YAMLValue {
        guard let data = FileManager.default.contents(atPath: file) else {
            throw YAMLProblem(file: file, line: nil, message: "the file cannot be read")
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw YAMLProblem(file: file, line: nil, message: "the file is not valid UTF-8")
        }
        return try parse(text, file: file)
    }

    /// Reads a text as if it stood in `file`.
    package static func parse(_ text: String, file: String) throws(YAMLProblem) -> YAMLValue {
        do {
            guard let node = try compose(yaml: text) else {
                throw YAMLProblem(file: file, line: nil, message: "the file is empty")
            }
            return YAMLValue(file: file, path: "", node: node)
        } catch let problem as YAMLProblem {
            throw problem
        } catch let error as YamlError {
            throw YAMLProblem(file: file, error)
        } catch {
            throw YAMLProblem(file: file, line: nil, message: "the file is no valid YAML")
        }
    }

    /// A complaint about this value.
    package func problem(_ message: String) -> YAMLProblem {
        YAMLProblem(file: file, line: node.mark?.line, message: path.isEmpty ? message : "`\(path)`: \(message)")
    }

    /// The mapping that stands here, with none but the known keys.
    ///
    /// - Throws: ``YAMLProblem`` for another kind of value, or for an unknown key, with the nearest known one.
    package func mapping(keys known: [String]) throws(YAMLProblem) -> YAMLMapping {
        let mapping = try mapping()
        for entry in mapping.entries where !known.contains(entry.key) { throw entry.unknown(beside: known) }
        return mapping
    }

    /// The mapping that stands here, with keys that the file chooses.
    package func mapping() throws(YAMLProblem) -> YAMLMapping {
        guard let mapping = node.mapping else { throw problem("write `key: value` lines here") }
        var entries: [YAMLMapping.Entry] = []
        for (key, value) in mapping {
            guard let name = key.scalar?.string else {
                throw YAMLProblem(file: file, line: key.mark?.line, message: "a key must be a plain word")
            }
            entries.append(
                .init(
                    key: name, line: key.mark?.line,
                    value: YAMLValue(file: file, path: path.isEmpty ? name : "\(path).\(name)", node: value)))
        }
        return YAMLMapping(owner: self, entries: entries)
    }

    /// A mapping without keys, in the place of one that was left out.
    package func emptyMapping(_ key: String) -> YAMLValue {
        let mapping = Node.Mapping([], .implicit, .any, node.mark)
        return YAMLValue(file: file, path: path.isEmpty ? key : "\(path).\(key)", node: .mapping(mapping))
    }

    /// The list that stands here.
    package func list() throws(YAMLProblem) -> [YAMLValue] {
        guard let sequence = node.sequence else { throw problem("write a list here, each line starting with `- `") }
        return sequence.enumerated().map { YAMLValue(file: file, path: "\(path)[\($0.offset)]", node: $0.element) }
    }

    /// The text that stands here, quoted or not; not empty.
    package func string() throws(YAMLProblem) -> String {
        guard let text = node.scalar?.string, !["", "~", "null"].contains(text) else {
            throw problem("write a text here")
        }
        return text
    }

    /// The text of a scalar as it stands in the file; nil for a mapping or a list.
    var scalar: String? { node.scalar?.string }

    /// Whether nothing stands here.
    var isNull: Bool { ["", "~", "null"].contains(scalar) && node.scalar?.style == .plain }

    /// One of the given words.
    package func word(of words: [String]) throws(YAMLProblem) -> String {
        let text = try string()
        guard words.contains(text) else {
            throw problem("`\(text)` is not known; write \(words.map { "`\($0)`" }.joined(separator: ", "))")
        }
        return text
    }

    /// A whole number within a range.
    package func int(in range: ClosedRange<Int>) throws(YAMLProblem) -> Int {
        guard let text = node.scalar?.string, let value = Int(text), range.contains(value) else {
            throw problem("write a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// A number within a range.
    package func double(in range: ClosedRange<Double>) throws(YAMLProblem) -> Double {
        guard let text = node.scalar?.string, let value = Double(text), range.contains(value) else {
            throw problem("write a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// `true` or `false`.
    package func bool() throws(YAMLProblem) -> Bool {
        try word(of: ["true", "false"]) == "true"
    }

    /// A duration with its unit: `250ms`, `30s`, `5m`, `2h`.
    package func duration(in range: ClosedRange<Duration>) throws(YAMLProblem) -> Duration {
        let units: [(String, Duration)] = [
            ("ms", .milliseconds(1)), ("s", .seconds(1)), ("m", .seconds(60)), ("h", .seconds(3600)),
        ]
        let text = node.scalar?.string ?? ""
        let digits = text.prefix { $0.isNumber }
        // Eight digits of the largest unit stay far inside what a Duration holds.
        guard digits.count <= 8, let count = Int(digits),
            let unit = units.first(where: { $0.0 == text.dropFirst(digits.count) })?.1,
            range.contains(unit * count)
        else {
            throw problem(
                "write a duration from \(spelled(range.lowerBound)) to \(spelled(range.upperBound)),"
                    + " such as `500ms`, `30s` or `5m`")
        }
        return unit * count
    }

    private func spelled(_ duration: Duration) -> String {
        let milliseconds = duration / .milliseconds(1)
        return milliseconds.truncatingRemainder(dividingBy: 1000) == 0
            ? "\(Int(milliseconds / 1000))s" : "\(Int(milliseconds))ms"
    }
}

extension YAMLProblem {
    fileprivate init(file: String, _ error: YamlError) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            self.init(file: file, line: mark.line, message: "this is no valid YAML: \(problem)")
        case .duplicatedKeysInMapping(let duplicates, let context):
            let keys = duplicates.compactMap { "`\($0)`" }.sorted().joined(separator: ", ")
            self.init(file: file, line: context.mark.line, message: "\(keys) stands more than once; keep one")
        default:
            self.init(file: file, line: nil, message: "the file is no valid YAML")
        }
    }
}
