package import GRDB

/// The tables of one part of the program, as numbered steps that only ever grow.
package struct Schema: Sendable {
    /// Names the part, such as `messaging`; migrations are recorded as `messaging.1`.
    package let name: String
    /// The steps from an empty file to the newest form, of which a released one never changes.
    package let migrations: [@Sendable (Database) throws -> Void]
    /// Says what is wrong with what the tables hold, in words that may follow a colon; nil where nothing is.
    ///
    /// Asked at a start that cannot know what the last one left, after all migrations. May take as long as reading it all.
    package let audit: @Sendable (Database) throws -> String?

    /// Makes a schema.
    package init(
        name: String, migrations: [@Sendable (Database) throws -> Void],
        audit: @escaping @Sendable (Database) throws -> String? = { _ in nil }
    ) {
        self.name = name
        self.migrations = migrations
        self.audit = audit
    }

    var identifiers: [String] { migrations.indices.map { "\(name).\($0 + 1)" } }
}
