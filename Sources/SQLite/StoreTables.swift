import GRDB

/// The tables of all parts of a store.
struct StoreTables: Sendable {
    private let schemas: [Schema]

    init(_ schemas: [Schema]) { self.schemas = schemas }

    private var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        for schema in schemas {
            for (identifier, migration) in zip(schema.identifiers, schema.migrations) {
                migrator.registerMigration(identifier, migrate: migration)
            }
        }
        return migrator
    }

    /// The steps that the file has behind it.
    ///
    /// - Throws: ``SQLiteStoreError/newer(file:migration:)`` where one is unknown here.
    func applied(_ database: Database, file: String) throws -> Set<String> {
        let known = Set(schemas.flatMap(\.identifiers))
        let names = Set(schemas.map(\.name))
        let applied = try migrator.appliedIdentifiers(database)
        if let unknown = applied.sorted().first(where: { identifier in
            !known.contains(identifier) && names.contains(String(identifier.prefix { $0 != "." }))
        }) {
            throw SQLiteStoreError.newer(file: file, migration: unknown)
        }
        return applied
    }

    /// Whether no step is left to do.
    func isUpToDate(_ applied: Set<String>) -> Bool { applied.isSuperset(of: schemas.flatMap(\.identifiers)) }

    /// Brings all tables up to date.
    func migrate(_ database: any DatabaseWriter) throws { try migrator.migrate(database) }

    /// What is wrong with the file; nil where nothing is.
    func damage(_ database: Database) throws -> String? {
        // Its indices too, which a mere look at the pages would leave out.
        let checked = try String.fetchAll(database, sql: "PRAGMA integrity_check(1)")
        // The first line of each names the database.
        return checked == ["ok"]
            ? nil
            : checked.flatMap { $0.split(separator: "\n") }.filter { !$0.hasPrefix("***") }.joined(separator: "; ")
    }

    /// What is wrong with what the tables hold; nil where nothing is.
    func misfit(_ database: Database) throws -> String? {
        for schema in schemas {
            if let problem = try schema.audit(database) { return problem }
        }
        return nil
    }
}
