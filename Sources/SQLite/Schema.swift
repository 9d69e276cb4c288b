package import GRDB

/// The tables of one part of the program, as numbered steps that only ever grow.
package struct Schema: Sendable {
    /// Names the part, such as `messaging`; migrations are recorded as `messaging.1`.
    package let name: String
    /// The steps from an empty file to the newest form, of which a released one never changes.
    package let migrations: [@Sendable (Database) throws -> Void]

    /// Makes a schema.
    package init(name: String, migrations: [@Sendable (Database) throws -> Void]) {
        self.name = name
        self.migrations = migrations
    }

    var identifiers: [String] { migrations.indices.map { "\(name).\($0 + 1)" } }
}
