import Foundation
import Postgres
import PostgresTestServer
import TestSupport
import Testing

@Suite("TLS to PostgreSQL", .timeLimit(.minutes(2)))
struct TLSTests {
    @Test("is used and verified as sslmode says")
    func modes() async throws {
        let folder = try TemporaryFolder()
        for name in ["server", "other"] {
            try await Self.makeCertificate("\(folder.path)/\(name)")
        }
        let server = try await PostgresTestServer(settings: ["ssl": "on"]) { data in
            for suffix in ["crt", "key"] {
                try FileManager.default.copyItem(
                    atPath: "\(folder.path)/server.\(suffix)", toPath: "\(data)/server.\(suffix)")
            }
        }
        func usesTLS(_ host: String, _ mode: PostgresConfiguration.SSLMode, authority: String? = nil) async -> String {
            var configuration = server.configuration()
            configuration.host = host
            configuration.sslMode = mode
            configuration.sslRootCertificate = authority.map { "\(folder.path)/\($0).crt" }
            let client = PostgresClient(configuration, waitMax: .zero)
            do {
                let result = try await client.run(
                    PostgresStatement("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"))
                let isUsed = try result.rows[0].get(0, as: Bool.self)
                await client.close()
                return isUsed ? "yes" : "no"
            } catch {
                return "\(error)"
            }
        }
        #expect(await usesTLS("localhost", .disable) == "no")
        #expect(await usesTLS("localhost", .prefer) == "yes")
        #expect(await usesTLS("127.0.0.1", .require) == "yes")
        #expect(await usesTLS("localhost", .verifyFull, authority: "server") == "yes")
        #expect(await usesTLS("127.0.0.1", .verifyCA, authority: "server") == "yes")
        #expect(await usesTLS("127.0.0.1", .verifyFull, authority: "server").contains("does not match host name"))
        #expect(await usesTLS("localhost", .verifyCA, authority: "other").contains("certificate verify failed"))
        #expect(await usesTLS("localhost", .verifyFull, authority: "missing").contains("missing.crt"))
        await server.stop()
        // A server without TLS.
        var plain = try await PostgresTestServer.shared().configuration()
        plain.sslMode = .require
        await #expect {
            try await PostgresClient(plain, waitMax: .zero).run(PostgresStatement("SELECT 1"))
        } throws: { "\($0)".contains("server does not support SSL") }
        withExtendedLifetime(folder) {}
    }

    private static func makeCertificate(_ path: String) async throws {
        try await ChildProcess.run([
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
            "2",
            "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", "\(path).key", "-out",
            "\(path).crt",
        ])
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: "\(path).key")
    }
}
