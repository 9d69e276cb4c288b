/// Looks whether a database still is what the migrations made of it: a restore may have left something out.
extension PostgresClient {
    /// What a role needs and must not have, and what tables are.
    private struct Found {
        var relations: [String: (kind: String, isSound: Bool)] = [:]
        var foreign: [String: String] = [:]
        var lacking: [String: [String]] = [:]
        var changeable: Set<String> = []
        var schemaOwner = ""
    }

    /// Looks for what is wrong with the tables.
    ///
    /// - Parameter schemas: All parts that keep tables in this database, brought up to date before.
    /// - Returns: A sentence for each problem with what to do; empty where nothing is wrong.
    /// - Throws: ``PostgresError``.
    package func inspect(_ schemas: [PostgresSchema]) async throws -> [String] {
        let expected = schemas.map { $0.objects() }
        let results = try await withConnection { [configuration] connection in
            try await connection.pipeline(Self.looks(configuration.schema))
        }
        let found = try Self.found(results[0])
        let functions = Set(try results[2].rows.map { try $0.get(0, as: String.self) })
        let triggers = Dictionary(
            try results[1].rows.map { (try $0.get(0, as: String.self), try $0.get(1, as: String.self)) }
        ) { first, _ in first }
        let missing =
            expected.flatMap { $0.relations.filter { found.relations[$0]?.isSound != true } }
            + expected.flatMap { $0.functions.subtracting(functions) }
            + expected.flatMap { $0.triggers.keys.filter { triggers[$0] == nil } }
        var problems: [String] = []
        if !missing.isEmpty {
            problems.append(
                "\(Self.list(missing)) \(missing.count == 1 ? "is" : "are") missing from schema \(configuration.schema) or "
                    + "unusable, as after a restore of a part: restore the whole backup into an empty database")
        }
        for (trigger, table) in expected.flatMap({ Array($0.triggers) }).sorted(by: { $0.key < $1.key })
        where triggers[trigger] == "D" || triggers[trigger] == "R" {
            problems.append(
                "trigger \(trigger) is off: run `ALTER TABLE \(table) ENABLE TRIGGER \(trigger)` as the owner")
        }
        problems += rights(found, appendOnly: expected.reduce(into: []) { $0.formUnion($1.appendOnly) })
        return problems + (try await numbersBehind())
    }

    private func rights(_ found: Found, appendOnly: Set<String>) -> [String] {
        let cure = "run deploy/postgres/roles.sql as a superuser"
        var problems: [String] = []
        if !found.foreign.isEmpty {
            problems.append(
                "\(Self.list(Array(found.foreign.keys))) \(found.foreign.count == 1 ? "belongs" : "belong") to "
                    + "\(Self.list(Array(Set(found.foreign.values)))) and the schema to \(found.schemaOwner): \(cure)")
        }
        let lacking = found.lacking.filter { name, rights in
            // Nobody changes what is append-only, nor the list of steps.
            let needed =
                name == "migrations" ? ["SELECT"] : appendOnly.contains(name) ? ["SELECT", "INSERT"] : Self.rights
            return !Set(needed).isDisjoint(with: rights)
        }
        if !lacking.isEmpty {
            problems.append(
                "role \(configuration.user) lacks rights on \(Self.list(Array(lacking.keys))): \(cure)")
        }
        let changeable = found.changeable.intersection(appendOnly)
        if !changeable.isEmpty {
            problems.append(
                "role \(configuration.user) may change or delete rows of \(Self.list(Array(changeable))), which only grow: "
                    + cure)
        }
        return problems
    }

    private static let rights = ["SELECT", "INSERT", "UPDATE", "DELETE"]

    private static func list(_ names: [String]) -> String { names.sorted().joined(separator: ", ") }

    private static func looks(_ schema: String) -> [PostgresStatement] {
        let values = [PostgresValue.text(schema)]
        return [
            PostgresStatement(
                """
                SELECT relname::text, relkind::text, coalesce(indisvalid AND indisready, true), relowner = nspowner,
                    pg_get_userbyid(relowner)::text, pg_get_userbyid(nspowner)::text, pg_has_role(relowner, 'USAGE'),
                    \(rights.map { "relkind NOT IN ('r', 'p', 'v') OR has_table_privilege(pg_class.oid, '\($0)')" }
                        .joined(separator: ", "))
                FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
                LEFT JOIN pg_index ON indexrelid = pg_class.oid WHERE nspname = $1
                """, values, isPrepared: false),
            PostgresStatement(
                """
                SELECT tgname::text, tgenabled::text FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
                JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE nspname = $1 AND NOT tgisinternal
                """, values, isPrepared: false),
            PostgresStatement(
                """
                SELECT proname::text FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace
                WHERE nspname = $1
                """, values, isPrepared: false),
        ]
    }

    private static func found(_ result: PostgresResult) throws(PostgresError) -> Found {
        var found = Found()
        for row in result.rows {
            let (name, kind): (String, String) = (try row.get(0), try row.get(1))
            found.relations[name] = (kind, try row.get(2))
            found.schemaOwner = try row.get(5)
            guard ["r", "p", "v"].contains(kind) else { continue }
            if try !row.get(3) { found.foreign[name] = try row.get(4) }
            var lacking: [String] = []
            for (place, right) in rights.enumerated() where try !row.get(7 + place) { lacking.append(right) }
            // A view is read.
            if kind == "v" { lacking = lacking.filter { $0 == "SELECT" } }
            if !lacking.isEmpty { found.lacking[name] = lacking }
            let (isOwners, mayUpdate, mayDelete): (Bool, Bool, Bool) = (try row.get(6), try row.get(9), try row.get(10))
            if !isOwners, mayUpdate || mayDelete { found.changeable.insert(name) }
        }
        return found
    }

    /// Numbers that the database gives, and would give again: of columns whose numbers come once.
    private func numbersBehind() async throws -> [String] {
        let columns = try await run(
            PostgresStatement(
                """
                SELECT relname::text, attname::text FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
                JOIN pg_namespace ON pg_namespace.oid = relnamespace
                WHERE nspname = $1 AND relkind = 'r' AND attidentity <> '' AND EXISTS (
                    SELECT FROM pg_index WHERE indrelid = attrelid AND indisunique AND indnatts = 1
                        AND indkey[0] = attnum)
                    AND has_table_privilege(pg_class.oid, 'SELECT')
                    AND CASE WHEN attidentity <> '' THEN has_sequence_privilege(
                        pg_get_serial_sequence(format('%I.%I', nspname, relname), attname), 'SELECT') END
                ORDER BY 1
                """, [.text(configuration.schema)], isPrepared: false)
        ).rows
        var problems: [String] = []
        for row in columns {
            let (table, column): (String, String) = (try row.get(0), try row.get(1))
            let sequence = "pg_get_serial_sequence('\(table)', '\(column)')"
            let last = try await run(
                PostgresStatement(
                    """
                    SELECT coalesce((SELECT max(\(column)) FROM \(table)), 0),
                        coalesce(pg_sequence_last_value(\(sequence)::regclass), 0)
                    """, isPrepared: false)
            ).rows.first
            guard let last, case let highest = try last.get(0, as: Int64.self), try last.get(1) < highest else {
                continue
            }
            problems.append(
                "the numbers of \(table) are behind its rows, as after a restore of rows alone: run "
                    + "`SELECT setval(\(sequence), \(highest))` as the owner")
        }
        return problems
    }
}
