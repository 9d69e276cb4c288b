import Foundation

/// Finds in a database's URL what libpq would take for something else, and so show in a message.
struct DatabaseURL {
    private let text: String

    init(_ text: String) { self.text = text }

    /// What a URL cannot be read for.
    static let unreadable = PostgresError.badConfiguration(
        reason: "DATABASE_URL cannot be read; write special characters of user and password in percent form: @ as %40, "
            + ": as %3A, / as %2F, ? as %3F, # as %23, % as %25, a space as %20")

    /// Refuses user and password that do not end where RFC 3986, section 3.2, says, and parameters that are not known.
    ///
    /// - Throws: ``PostgresError/badConfiguration(reason:)``, which shows nothing but a parameter's name.
    func check() throws(PostgresError) {
        guard text.hasPrefix("postgres://") || text.hasPrefix("postgresql://") else {
            throw .badConfiguration(reason: "DATABASE_URL must begin with postgres://")
        }
        let rest = text.drop { $0 != "/" }.dropFirst(2)
        // By scalars: a letter may join its accent to one character with what comes before.
        let scalars = rest.unicodeScalars
        let authority = scalars.prefix { !"/?#".unicodeScalars.contains($0) }
        let behind = scalars[authority.endIndex...]
        // One behind the authority may end a password with a / or ? in it, whose parts would be host and database.
        guard authority.count(where: { $0 == "@" }) <= 1, !behind.contains("@") else { throw Self.unreadable }
        let query = behind.drop { $0 != "?" }.dropFirst().prefix { $0 != "#" }
        for parameter in query.split(separator: "&") {
            let name = String(Substring(parameter.prefix { $0 != "=" }))
            if let reason = Self.reason(against: name.removingPercentEncoding ?? name) { throw reason }
        }
    }

    /// The parameters that are taken.
    private static let known: Set<String> = [
        "host", "port", "dbname", "user", "password", "sslmode", "ssl", "sslrootcert", "application_name",
        "connect_timeout",
    ]

    /// What a parameter is that sluice does not take.
    private static func reason(against name: String) -> PostgresError? {
        if known.contains(name) { return nil }
        let meaning =
            switch name {
            case "schema", "currentSchema", "search_path":
                "another program's schema; sluice's tables are always in the schema `sluice`"
            case "pgbouncer", "statement_cache_size", "prepared_statements", "prepareThreshold", "prepare_threshold",
                "statement_cache_mode", "default_query_exec_mode":
                "how another program lives with a pooler that shares sessions; sluice needs its own (PgBouncer: "
                    + "pool_mode = session)"
            case "connection_limit", "pool_timeout", "pool_size", "max_pool_size", "pool_max_conns", "socket_timeout":
                "the size of another program's pool; sluice has its own"
            case "target_session_attrs", "load_balance_hosts", "failover":
                "a choice among several hosts, and sluice goes to one"
            case "options": "settings of the session, which are sluice's own"
            default: "nothing that sluice knows"
            }
        return .badConfiguration(reason: "DATABASE_URL has `\(name)`, which is \(meaning); leave it out")
    }

    /// Refuses several hosts or ports.
    static func check(host: String, port: String?) throws(PostgresError) {
        guard host.contains(",") || port?.contains(",") == true else { return }
        throw .badConfiguration(
            reason:
                "DATABASE_URL names several hosts, and sluice goes to one; name the one that is written, or an address "
                + "that always leads there")
    }
}
