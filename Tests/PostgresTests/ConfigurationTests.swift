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
            ("postgres://me:secret@db/x?colour=red", "DATABASE_URL cannot be read; "),
        ])
    func bad(url: String, reason: String) {
        let error = #expect(throws: PostgresError.self) { try PostgresConfiguration(url: url) }
        #expect(error?.description.hasPrefix(reason) == true)
        #expect(error?.description.contains("secret") == false)
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
