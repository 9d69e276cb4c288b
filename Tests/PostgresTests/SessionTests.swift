import Foundation
import PostgresTestServer
import Testing

@testable import Postgres

@Suite("A session of PostgreSQL", .timeLimit(.minutes(2)))
struct SessionTests {
    @Test("is what was asked for, whatever role and database were given")
    func settings() async throws {
        let server = try await PostgresTestServer.shared()
        let admin = PostgresClient(server.configuration())
        _ = try await server.makeDatabase("with_settings")
        for statement in [
            "CREATE ROLE with_settings LOGIN PASSWORD 'p'", "GRANT CREATE ON DATABASE with_settings TO with_settings",
            "ALTER ROLE with_settings SET lock_timeout = '5ms'", "ALTER ROLE with_settings SET search_path = public",
            "ALTER ROLE with_settings SET default_transaction_isolation = 'serializable'",
            "ALTER DATABASE with_settings SET default_transaction_read_only = on",
            "ALTER DATABASE with_settings SET idle_in_transaction_session_timeout = 5",
            "ALTER DATABASE with_settings SET standard_conforming_strings = off",
        ] { try await admin.run(PostgresStatement(statement, isPrepared: false)) }
        await admin.close()
        let client = PostgresClient(
            server.configuration(database: "with_settings", user: "with_settings", password: "p", schema: "mine"))
        let row = try await client.run(
            PostgresStatement(
                """
                SELECT current_setting('lock_timeout'), current_setting('search_path'),
                    current_setting('transaction_isolation'), current_setting('transaction_read_only'),
                    current_setting('idle_in_transaction_session_timeout'),
                    current_setting('standard_conforming_strings')
                """)
        ).rows[0]
        #expect(
            try (0..<6).map { try row.get($0) } == ["15s", "mine", "read committed", "off", "10s", "on"])
        await client.close()
    }

    @Test("in a database that cannot keep every text is refused", arguments: ["LATIN1", "SQL_ASCII"])
    func encoding(name: String) async throws {
        let server = try await PostgresTestServer.shared()
        let admin = PostgresClient(server.configuration())
        let database = "encoded_\(name.lowercased())"
        try await admin.run(
            PostgresStatement("CREATE DATABASE \(database) ENCODING '\(name)' TEMPLATE template0", isPrepared: false))
        await admin.close()
        let client = PostgresClient(server.configuration(database: database))
        await #expect {
            try await client.run(PostgresStatement("SELECT 1"))
        } throws: { error in
            "\(error)".hasSuffix(
                "its database is encoded in \(name), which cannot keep every answer; make one with ENCODING 'UTF8'")
        }
        await client.close()
    }

    @Test("keeps statements under names that are made of their texts")
    func names() async throws {
        let configuration = try await PostgresTestServer.shared().configuration()
        func names(_ texts: [String]) async throws -> [String: String] {
            let client = PostgresClient(configuration, connectionsMax: 1)
            for text in texts { try await client.run(PostgresStatement(text)) }
            let rows = try await client.run(
                PostgresStatement("SELECT statement, name FROM pg_prepared_statements", isPrepared: false)
            ).rows
            await client.close()
            return Dictionary(uniqueKeysWithValues: try rows.map { (try $0.get(0), try $0.get(1)) })
        }
        let first = try await names(["SELECT 1", "SELECT 2"])
        #expect(first.count == 2 && Set(first.values).count == 2)
        #expect(try await names(["SELECT 2", "SELECT 1"]) == first)
    }

    @Test("whose statements were forgotten, or made for another table, is replaced by another")
    func spoiled() async throws {
        let client = PostgresClient(try await PostgresTestServer.shared().configuration(), connectionsMax: 1)
        try await client.run(PostgresStatement("CREATE TABLE public.grows (n int8)", isPrepared: false))
        let all = PostgresStatement("SELECT * FROM public.grows")
        for change in ["DEALLOCATE ALL", "ALTER TABLE public.grows ADD COLUMN m int8"] {
            try await client.run(all)
            try await client.run(PostgresStatement(change, isPrepared: false))
            await #expect {
                try await client.run(all)
            } throws: { error in
                (error as? PostgresError)?.isWorthRepeating == true && (error as? PostgresError)?.isPassing == true
            }
            #expect(try await client.run(all).rows.isEmpty)
        }
        await client.close()
    }
}
