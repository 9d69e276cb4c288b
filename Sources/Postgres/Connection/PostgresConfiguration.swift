import CPostgres

/// Where the server is, who asks, and how long anything may take.
package struct PostgresConfiguration: Sendable {
    /// Whether and how TLS is used, weakest first:
    /// <https://www.postgresql.org/docs/13/libpq-ssl.html#LIBPQ-SSL-SSLMODE-STATEMENTS>.
    package enum SSLMode: String, Sendable {
        /// Never.
        case disable
        /// Only where the server insists.
        case allow
        /// Where the server offers it.
        case prefer
        /// Always, with whoever answers.
        case require
        /// Always, with a certificate of the given authority.
        case verifyCA = "verify-ca"
        /// Always, with a certificate of the given authority for this host.
        case verifyFull = "verify-full"
    }

    /// Name or address, or the folder of a Unix socket.
    package var host: String
    /// The port.
    package var port: Int
    /// The database.
    package var database: String
    /// The role.
    package var user: String
    /// Its password, shown nowhere.
    package var password: String?
    /// TLS.
    package var sslMode: SSLMode
    /// The file with the authorities' certificates, for ``SSLMode/verifyCA`` and ``SSLMode/verifyFull``.
    package var sslRootCertificate: String?
    /// The schema whose tables are meant; nothing else is on the search path.
    package var schema = "sluice"
    /// What the server's lists of sessions show.
    package var applicationName = "sluice"
    /// How long making a connection may take.
    package var connectTimeout: Duration = .seconds(5)
    /// How long a statement may take, kept by the server.
    package var statementTimeout: Duration = .seconds(30)
    /// How long a statement may wait for one lock, kept by the server: longer than a frozen host can keep one.
    package var lockTimeout: Duration = .seconds(15)
    /// How long the server may stay silent before it is taken to be dead.
    package var answerTimeout: Duration = .seconds(60)
    /// How long a transaction may wait for its client before the server undoes it, so that a frozen host frees its locks.
    package var idleInTransactionTimeout: Duration = .seconds(10)
    /// Further settings of the session, such as `enable_hashjoin: off`.
    package var sessionSettings: [String: String] = [:]

    /// Makes a configuration.
    package init(
        host: String, port: Int = 5432, database: String, user: String, password: String? = nil,
        sslMode: SSLMode = .prefer, sslRootCertificate: String? = nil
    ) {
        self.host = host
        self.port = port
        self.database = database
        self.user = user
        self.password = password
        self.sslMode = sslMode
        self.sslRootCertificate = sslRootCertificate
    }

    /// Reads `postgres://user:password@host:port/database?sslmode=verify-full&sslrootcert=/path`.
    ///
    /// Read by libpq itself (<https://www.postgresql.org/docs/13/libpq-connect.html#LIBPQ-CONNSTRING>), so that every
    /// escape means what it means to `psql`; a user or password that it would cut elsewhere than RFC 3986 does is refused.
    /// `connect_timeout` and `application_name` are taken too, and nothing else.
    ///
    /// - Throws: ``PostgresError/badConfiguration(reason:)``, which never shows the URL.
    package init(url: String) throws(PostgresError) {
        try DatabaseURL(url).check()
        var options = try Self.options(of: url)
        func take(_ keyword: String) -> String? { options.removeValue(forKey: keyword) }
        guard let host = take("host"), let user = take("user"), let database = take("dbname") else {
            throw .badConfiguration(
                reason: "DATABASE_URL must name user, host and database: postgres://user:password@host/database")
        }
        let portText = take("port")
        try DatabaseURL.check(host: host, port: portText)
        guard let port = Int(portText ?? "5432"), (1...65_535).contains(port) else {
            throw .badConfiguration(reason: "the port in DATABASE_URL must be a number from 1 to 65535")
        }
        let mode = take("sslmode") ?? SSLMode.prefer.rawValue
        guard let sslMode = SSLMode(rawValue: mode) else {
            throw .badConfiguration(
                reason: "sslmode in DATABASE_URL must be disable, allow, prefer, require, verify-ca or verify-full")
        }
        self.init(
            host: host, port: port, database: database, user: user, password: take("password"), sslMode: sslMode,
            sslRootCertificate: take("sslrootcert"))
        if let name = take("application_name") { applicationName = name }
        if let text = take("connect_timeout") {
            guard let seconds = Int(text), seconds > 0 else {
                throw .badConfiguration(reason: "connect_timeout in DATABASE_URL must be a number of seconds above 0")
            }
            connectTimeout = .seconds(seconds)
        }
        if let unknown = options.keys.sorted().first {
            throw .badConfiguration(reason: "DATABASE_URL has `\(unknown)`, which sluice does not know; leave it out")
        }
    }

    /// The same server for sessions that look a few rows up by their keys, always.
    ///
    /// A plan that the server makes while a table is small, and keeps, would otherwise read all of it for ever after.
    ///
    /// - Parameter suffix: Comes behind the application's name.
    /// - Returns: A configuration with the settings of such sessions.
    package func forLookups(_ suffix: String) -> PostgresConfiguration {
        var configuration = self
        configuration.applicationName += "-\(suffix)"
        configuration.sessionSettings.merge(Self.lookupSettings) { $1 }
        return configuration
    }

    private static let lookupSettings = [
        "enable_seqscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off", "enable_material": "off",
        "jit": "off", "plan_cache_mode": "force_generic_plan",
    ]

    /// The same for the rest of a transaction.
    package static let lookups = PostgresStatement(
        "SELECT set_config(name, value, true) FROM unnest($1::text[], $2::text[]) AS setting(name, value)",
        [.texts(Array(lookupSettings.keys)), .texts(Array(lookupSettings.values))])

    private static func options(of url: String) throws(PostgresError) -> [String: String] {
        guard let list = unsafe PQconninfoParse(url, nil) else {
            throw DatabaseURL.unreadable
        }
        defer { unsafe PQconninfoFree(list) }
        var options: [String: String] = [:]
        var next = unsafe list
        while let keyword = unsafe next.pointee.keyword {
            if let value = unsafe next.pointee.val {
                unsafe options[String(cString: keyword)] = String(cString: value)
            }
            unsafe next += 1
        }
        return options
    }

    /// Names the server in messages: ``database`` at host and port.
    package var server: String { "PostgreSQL at \(host):\(port), database \(database)" }

    /// What each session is asked to be, by the names of PostgreSQL's settings: also what a role or a database may have
    /// been given otherwise.
    var settings: [String: String] {
        sessionSettings.merging([
            "search_path": schema, "statement_timeout": statementTimeout.wholeMilliseconds,
            "lock_timeout": lockTimeout.wholeMilliseconds,
            "idle_in_transaction_session_timeout": idleInTransactionTimeout.wholeMilliseconds,
            "default_transaction_isolation": "read committed", "default_transaction_read_only": "off",
            "standard_conforming_strings": "on",
        ]) { $1 }
    }

    /// libpq's own keywords, without settings of the session: poolers drop or refuse these.
    ///
    /// The addresses are the host's, looked up before; none for a Unix socket.
    func keywords(addresses: [String]) -> [(String, String)] {
        let count = max(1, addresses.count)
        var keywords = [
            ("host", Array(repeating: host, count: count).joined(separator: ",")),
            ("port", Array(repeating: "\(port)", count: count).joined(separator: ",")),
            ("dbname", database), ("user", user), ("sslmode", sslMode.rawValue), ("client_encoding", "UTF8"),
            ("application_name", applicationName), ("gssencmode", "disable"),
            // No password comes from a file that nobody named: there can be none in a file.
            ("passfile", "/dev/null/none"), ("keepalives_idle", "10"), ("keepalives_interval", "5"),
            ("keepalives_count", "3"), ("tcp_user_timeout", answerTimeout.wholeMilliseconds),
        ]
        if !addresses.isEmpty { keywords.append(("hostaddr", addresses.joined(separator: ","))) }
        if let password { keywords.append(("password", password)) }
        if let sslRootCertificate { keywords.append(("sslrootcert", sslRootCertificate)) }
        return keywords
    }
}

extension PostgresConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Server and role, without the password.
    package var description: String { "\(server), role \(user), sslmode \(sslMode.rawValue)" }
    /// The same.
    package var debugDescription: String { description }
    /// Nothing, so that no dump shows the password.
    package var customMirror: Mirror { Mirror(self, children: []) }
}

extension Duration {
    fileprivate var wholeMilliseconds: String { "\(Int64(max(.milliseconds(1), self) / .milliseconds(1)))" }
}
