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
