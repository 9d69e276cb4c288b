/// Which ids and tenants every store can keep: queue, ledger and history, embedded or not.
package enum StorableName {
    /// In UTF-8: AMQP's short string; an index of PostgreSQL takes 2,704.
    package static let bytesMax = 255

    /// Whether a text is one: not empty, not too long and without zero bytes, which PostgreSQL refuses.
    package static func isOne(_ text: String) -> Bool {
        (1...bytesMax).contains(text.utf8.count) && !text.utf8.contains(0)
    }
}
