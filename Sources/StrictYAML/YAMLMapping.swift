/// The keys of one mapping in a YAML file, in the order of the file.
package struct YAMLMapping {
    /// One `key: value`.
    package struct Entry {
        /// The key.
        package let key: String
        /// Where the key stands, from 1.
        package let line: Int?
        /// What it holds.
        package let value: YAMLValue

        /// The complaint about a key that is none of the known ones, with the nearest of them.
        func unknown(beside known: [String]) -> YAMLProblem {
            let hint =
                nearest(to: key, among: known).map { "did you mean `\($0)`?" }
                ?? (known.isEmpty
                    ? "there are no keys here; leave it out"
                    : "the keys here are \(known.map { "`\($0)`" }.joined(separator: ", "))")
            return YAMLProblem(file: value.file, line: line, message: "unknown key `\(value.path)`; \(hint)")
        }
    }

    private let owner: YAMLValue
    /// All keys, in the order of the file.
    package let entries: [Entry]

    init(owner: YAMLValue, entries: [Entry]) {
        self.owner = owner
        self.entries = entries
    }

    /// The value of a key that must be there.
    package func required(_ key: String) throws(YAMLProblem) -> YAMLValue {
        guard let value = optional(key) else { throw owner.problem("the key `\(key)` is missing") }
        return value
    }

    /// The value of a key that may be left out.
    package func optional(_ key: String) -> YAMLValue? {
        entries.first { $0.key == key }?.value
    }
}
