import Postgres
import Testing

@Suite("A database's URL")
struct ConfigurationTests {
    @Test("is read as psql reads it")
    func whole() throws {
        let configuration = try PostgresConfiguration(
            url: "postgres://me:p%40ss%20word%2F@db.example:6432/consumer_rights?sslmode=verify-full"
                + "&sslrootcert=%2Fetc%2Fca.pem&connect_timeout=7&application_name=mine")
        #expect(configuration.host == "db.example" && configuration.port == 6432)
        #expect(configuration.user == "me" && configuration.password == "p@ss word/")
        #expect(configuration.database == "consumer_rights" && configuration.sslMode == .verifyFull)
        #expect(configuration.sslRootCertificate == "/etc/ca.pem" && configuration.connectTimeout == .seconds(7))
        #expect(configuration.applicationName == "mine")
        let short = try PostgresConfiguration(url: "postgresql://me@[::1]/db")
        #expect(short.host == "::1" && short.port == 5432 && short.password == nil && short.sslMode == .prefer)
    }

    @Test(
        "that cannot be used says why, and never shows itself",
        arguments: [
            ("mysql://me:secret@db/x", "DATABASE_URL must begin with postgres://"),
            ("postgres://me:secret@db", "DATABASE_URL must name user, host and database: "),
            ("postgres://me:sec%ret@db/x", "DATABASE_URL cannot be read; "),
            ("postgres://me:secret@db:0/x", "the port in DATABASE_URL must be a number from 1 to 65535"),
            ("postgres://me:secret@db:secret/x", "the port in DATABASE_URL must be a number from 1 to 65535"),
            ("postgres://me:secret@db/x?sslmode=maybe", "sslmode in DATABASE_URL must be disable, "),
            ("postgres://me:secret@db/x?connect_timeout=-1", "connect_timeout in DATABASE_URL must be a number"),
            ("postgres://me:secret@db/x?target_session_attrs=any", "DATABASE_URL has `target_session_attrs`, "),
            (
                "postgres://me:secret@db/x?colour=secret",
                "DATABASE_URL has `colour`, which is nothing that sluice knows"
            ),
            ("postgres://me:secret@db/x?schema=secret", "DATABASE_URL has `schema`, which is another program's schema"),
            ("postgres://me:secret@db/x?sslmode=require&pgbouncer=true", "DATABASE_URL has `pgbouncer`, which is how"),
            (
                "postgres://me:secret@db/x?connection%5Flimit=1",
                "DATABASE_URL has `connection_limit`, which is the size"
            ),
            ("postgres://me:secret@db/x?options=-csearch_path%3Da", "DATABASE_URL has `options`, which is settings"),
            ("postgres://me:secret@one,two:5433/x", "DATABASE_URL names several hosts, and sluice goes to one; "),
            ("postgres://me:secret@one:1,two:2/x", "DATABASE_URL names several hosts, and sluice goes to one; "),
            ("postgres://me:secret@/x?host=one,two", "DATABASE_URL names several hosts, and sluice goes to one; "),
            ("postgres://me:se@secret@db/x", "DATABASE_URL cannot be read; "),
            ("postgres://me@secret:secret@db/x", "DATABASE_URL cannot be read; "),
            ("postgres://me:se/secret@db/x", "DATABASE_URL cannot be read; "),
            ("postgres://me:1/secret@db/x", "DATABASE_URL cannot be read; "),
            ("postgres://me:se?secret@db/x", "DATABASE_URL cannot be read; "),
            ("postgres://me:se#secret@db/x", "DATABASE_URL cannot be read; "),
            ("postgres://me:secret/x@db", "DATABASE_URL cannot be read; "),
            ("postgres://me:a@secret/b@db/x", "DATABASE_URL cannot be read; "),
            ("postgres://me:a@secret/secret@db:1/x?sslmode=require", "DATABASE_URL cannot be read; "),
            ("postgres://me:a@secret?secret@db/x", "DATABASE_URL cannot be read; "),
            ("postgres://me:a@secret#secret@db/x", "DATABASE_URL cannot be read; "),
            ("postgres://me:a@secret:1/secret@db/x", "DATABASE_URL cannot be read; "),
            ("postgres://me@secret/secret@db/x", "DATABASE_URL cannot be read; "),
            ("postgres://me:a@secret/x?application_name=secret@db", "DATABASE_URL cannot be read; "),
            ("postgres://me:%secret@db/x", "DATABASE_URL cannot be read; "),
            ("host=db user=me password=secret", "DATABASE_URL must begin with postgres://"),
        ])
    func bad(url: String, reason: String) {
        let error = #expect(throws: PostgresError.self) { try PostgresConfiguration(url: url) }
        #expect(error?.description.hasPrefix(reason) == true)
        #expect(error?.description.contains("secret") == false)
    }

    @Test(
        "takes a password with any character in percent form, and these as they are",
        arguments: [
            ("a%40b%3Ac%2Fd%3Fe%23f%25g%20h", "a@b:c/d?e#f%g h"), ("a:b", "a:b"),
            ("a b!$&'()*+,;=[]", "a b!$&'()*+,;=[]"),
        ])
    func passwords(written: String, password: String) throws {
        let configuration = try PostgresConfiguration(url: "postgres://me:\(written)@db/x?sslmode=disable")
        #expect(configuration.password == password && configuration.host == "db" && configuration.database == "x")
    }

    @Test("shows no password, however it is printed")
    func secret() throws {
        let configuration = try PostgresConfiguration(url: "postgres://me:secret@db/x")
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in [
            "\(configuration)", String(reflecting: configuration), dumped, "\(Optional(configuration) as Any)",
        ] {
            #expect(!text.contains("secret"))
        }
    }
}
