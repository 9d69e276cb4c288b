/// The tables of one part of the program, as numbered steps that only ever grow.
package struct PostgresSchema: Sendable {
    /// Names the part, such as `spending`; steps are recorded as `spending.1`.
    package let name: String
    /// The statements of each step; a released one never changes.
    package let migrations: [[String]]

    /// Makes a schema.
    package init(name: String, migrations: [[String]]) {
        self.name = name
        self.migrations = migrations
    }

    /// A statement that takes the right to change a table's rows from all roles but the one that runs it.
    ///
    /// - Parameters:
    ///   - table: Its name in the current schema, without quotes.
    ///   - alsoInsert: Whether the right to add rows is taken, too.
    /// - Returns: The statement, to be run after the table is made.
    package static func revokeChanges(_ table: String, alsoInsert: Bool = false) -> String {
        """
        DO $$
        DECLARE other text;
        BEGIN
            FOR other IN SELECT DISTINCT grantee FROM information_schema.role_table_grants
                WHERE table_schema = current_schema AND table_name = '\(table)'
                    AND grantee NOT IN ('PUBLIC', current_user)
            LOOP
                EXECUTE format('REVOKE \(alsoInsert ? "INSERT, " : "")UPDATE, DELETE, TRUNCATE ON \(table) FROM %I', other);
            END LOOP;
        END $$
        """
    }
}

extension PostgresClient {
    // Two programs that start at once must not both run a step: one waits for this lock. The number is anybody's.
    private static let migrationLock: Int64 = 0x736c_7569_6365
    private static let migrationTimeMax = Duration.seconds(3600)

    /// Brings tables up to date: each step in a transaction of its own, under a lock that all hosts share.
    ///
    /// Where nothing is to be done, nothing is written, so that a role without the right to make tables may start the
    /// program.
    ///
    /// - Parameter schemas: All parts that keep tables in this database.
    /// - Returns: The steps that were done, such as `spending.1`.
    /// - Throws: ``PostgresError/newer(server:migration:)`` where a newer program was here, or any other
    ///   ``PostgresError``; the steps before the one that failed stay done.
    @discardableResult
    package func migrate(_ schemas: [PostgresSchema]) async throws -> [String] {
        if try await pendingMigrations(schemas).isEmpty { return [] }
        var configuration = configuration
        // Steps walk through whole tables, and the lock waits for another host's.
        (configuration.statementTimeout, configuration.answerTimeout) = (Self.migrationTimeMax, Self.migrationTimeMax)
        configuration.lockTimeout = Self.migrationTimeMax
        let client = PostgresClient(configuration, connectionsMax: 1, waitMax: waitMax)
        do {
            let done = try await client.migrateLocked(schemas)
            await client.close()
            return done
        } catch {
            await client.close()
            throw error
        }
    }

    private func migrateLocked(_ schemas: [PostgresSchema]) async throws -> [String] {
        try await withConnection { connection in
            try await connection.run(
                PostgresStatement("SELECT pg_advisory_lock($1)", [.int8(Self.migrationLock)]))
            do {
                let done = try await self.migrate(schemas, on: connection)
                try await connection.run(
                    PostgresStatement("SELECT pg_advisory_unlock($1)", [.int8(Self.migrationLock)]))
                return done
            } catch {
                // The lock goes with the session.
                await connection.close()
                throw error
            }
        }
    }

    /// The steps that ``migrate(_:)`` would do.
    ///
    /// - Throws: ``PostgresError/newer(server:migration:)`` or any other ``PostgresError``.
    package func pendingMigrations(_ schemas: [PostgresSchema]) async throws -> [String] {
        try await withConnection { connection in
            let done = try await self.doneMigrations(on: connection)
            return try self.pending(schemas, done).map(\.identifier)
        }
    }

    /// Whether the role may look into the schema; true where there is none.
    ///
    /// - Throws: ``PostgresError``.
    package func mayUseSchema() async throws -> Bool {
        let row = try await run(
            PostgresStatement(
                "SELECT coalesce(bool_and(has_schema_privilege(oid, 'USAGE')), true) FROM pg_namespace WHERE nspname = $1",
                [.text(configuration.schema)])
        ).rows.first
        return try row?.get(0) ?? true
    }

    private func migrate(_ schemas: [PostgresSchema], on connection: PostgresConnection) async throws -> [String] {
        let name = configuration.schema.split(separator: "\"", omittingEmptySubsequences: false).joined(
            separator: "\"\"")
        // Asked first: to make what is there needs a right that is not there.
        let exists = try await connection.run(
            PostgresStatement(
                "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)", [.text(configuration.schema)])
        ).rows.first?.get(0, as: Bool.self)
        if exists != true {
            try await connection.run(PostgresStatement("CREATE SCHEMA \"\(name)\"", isPrepared: false))
        }
        try await connection.run(
            PostgresStatement(
                """
                CREATE TABLE IF NOT EXISTS migrations
                    (identifier text PRIMARY KEY, done_at timestamptz NOT NULL DEFAULT clock_timestamp())
                """, isPrepared: false))
        try await connection.run(
            PostgresStatement(PostgresSchema.revokeChanges("migrations", alsoInsert: true), isPrepared: false))
        let steps = try self.pending(schemas, try await doneMigrations(on: connection))
        for step in steps {
            let record = PostgresStatement("INSERT INTO migrations (identifier) VALUES ($1)", [.text(step.identifier)])
            try await connection.transaction(.readCommitted) { connection in
                _ = try await connection.pipeline(
                    step.statements.map { PostgresStatement($0, isPrepared: false) } + [record])
            }
        }
        return steps.map(\.identifier)
    }

    private func doneMigrations(on connection: PostgresConnection) async throws -> [String] {
        let exists = try await connection.run(PostgresStatement("SELECT to_regclass('migrations') IS NOT NULL"))
            .rows.first?.get(0, as: Bool.self)
        guard exists == true else { return [] }
        return try await connection.run(
            PostgresStatement("SELECT identifier FROM migrations ORDER BY length(identifier), identifier")
        )
        .rows.map { try $0.get(0) }
    }

    private func pending(
        _ schemas: [PostgresSchema], _ done: [String]
    ) throws(PostgresError) -> [(identifier: String, statements: [String])] {
        let steps = schemas.flatMap { schema in
            schema.migrations.enumerated().map { ("\(schema.name).\($0.offset + 1)", $0.element) }
        }
        let known = Set(steps.map(\.0))
        let names = Set(schemas.map(\.name))
        if let unknown = done.first(where: { identifier in
            !known.contains(identifier) && names.contains(String(identifier.prefix { $0 != "." }))
        }) {
            throw .newer(server: configuration.server, migration: unknown)
        }
        return steps.filter { !done.contains($0.0) }.map { (identifier: $0.0, statements: $0.1) }
    }
}
