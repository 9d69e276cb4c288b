import Foundation

/// An authority, and certificates for a server on `localhost` and for a client.
package struct TestCertificates: Sendable {
    /// The authority's certificate.
    package let authority: String
    /// The client's certificate.
    package let client: String
    /// The client's key.
    package let clientKey: String
    /// An authority that vouches for nobody here.
    package let stranger: String

    /// Makes them with the `openssl` command.
    init(folder: String) throws {
        authority = "\(folder)/ca.pem"
        client = "\(folder)/client.pem"
        clientKey = "\(folder)/client-key.pem"
        stranger = "\(folder)/stranger.pem"
        let script = """
            set -e
            cd "$1"
            new="openssl req -nodes -newkey ec -pkeyopt ec_paramgen_curve:prime256v1"
            for name in ca stranger; do
                $new -x509 -days 2 -subj "/CN=$name" -keyout "$name-key.pem" -out "$name.pem"
            done
            echo "subjectAltName=DNS:localhost" >server.ext
            : >client.ext
            for name in server client; do
                $new -subj "/CN=localhost" -keyout "$name-key.pem" -out "$name.csr"
                openssl x509 -req -days 2 -in "$name.csr" -CA ca.pem -CAkey ca-key.pem -CAcreateserial \\
                    -extfile "$name.ext" -out "$name.pem"
            done
            """
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", script, "sh", folder]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw RabbitMQServerError.failed("openssl made no certificates") }
    }
}
