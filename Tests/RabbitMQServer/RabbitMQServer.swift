package import Foundation
import HTTPTransport
import Synchronization
import TestSupport

/// A real RabbitMQ for tests: on loopback alone, on free ports, in a temporary folder, with a port mapper of its own.
///
/// It ends with the process that started it, however that ends: a shell beside it waits for the end of a pipe.
package final class RabbitMQServer: Sendable {
    /// The user of all tests.
    package static let user = "sluice"
    /// Its password, with all that a URL has to escape.
    package static let password = "p@ss/w:rd%+"

    private static let program = "/usr/lib/rabbitmq/bin/rabbitmq-server"
    private static let control = "/usr/lib/rabbitmq/bin/rabbitmqctl"
    /// Starting takes about 8 s, and on a busy machine a multiple.
    private static let startSeconds = 120

    /// The folder with the server's files; the shell removes it.
    package let folder: String
    /// For `amqp://`.
    package let port: Int
    /// For `amqps://`; it wants a client's certificate.
    package let tlsPort: Int
    /// Certificates for both sides.
    package let certificates: TestCertificates

    private let managementPort: Int
    private let environment: [String: String]
    private let supervisor: Supervisor
    private let client: HTTPClient
    private let pid = Mutex<Int32>(0)

    /// The process that is the server now.
    package var processID: Int32 { pid.withLock { $0 } }

    /// The server that the tests of this process share.
    ///
    /// It is started when it is first asked for. Each test takes a ``newVhost()``; those that harm the server or need
    /// it quiet start one of their own.
    package static func shared() async throws -> RabbitMQServer { try await sharedServer.value }

    /// Awaited by whoever asks for the server.
    private static let sharedServer = Task { try await RabbitMQServer() }

    /// Starts a server and waits until it takes connections.
    ///
    /// - Throws: ``RabbitMQServerError`` with what to do, such as how to install the server.
    package init() async throws {
        guard FileManager.default.isExecutableFile(atPath: Self.program) else { throw RabbitMQServerError.missing }
        folder = FileManager.default.temporaryDirectory.appending(path: "sluice-rabbitmq-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let ports = try LoopbackPort.free(5)
        (port, tlsPort, managementPort) = (ports[0], ports[1], ports[2])
        certificates = try TestCertificates(folder: folder)
        environment = Self.environment(folder: folder, mapperPort: ports[3], distributionPort: ports[4])
        client = try HTTPClient()
        try Self.configuration(port: port, tlsPort: tlsPort, managementPort: managementPort, folder: folder)
            .write(toFile: "\(folder)/rabbitmq.conf", atomically: true, encoding: .utf8)
        try "[rabbitmq_management].".write(toFile: "\(folder)/plugins", atomically: true, encoding: .utf8)
        supervisor = try Supervisor(program: Self.program, folder: folder, environment: environment)
        try await start()
    }

    /// Where a virtual host is, for the user of all tests.
    package func url(vhost: String, port: Int? = nil) -> String {
        "amqp://\(Self.user):\(Self.encoded(Self.password))@127.0.0.1:\(port ?? self.port)/\(Self.encoded(vhost))"
    }

    /// The same over TLS, without files; the certificate is for `localhost`.
    package func tlsURL(vhost: String, host: String = "localhost") -> String {
        "amqps://\(Self.user):\(Self.encoded(Self.password))@\(host):\(tlsPort)/\(Self.encoded(vhost))"
    }

    /// Makes an empty virtual host and gives its name.
    package func newVhost() async throws -> String {
        let vhost = "test-\(UUID().uuidString.lowercased())"
        _ = try await api("PUT", "vhosts/\(vhost)")
        let all = #"{"configure":".*","write":".*","read":".*"}"#
        _ = try await api("PUT", "permissions/\(vhost)/\(Self.user)", body: all)
        return vhost
    }

    /// Asks the management API; the path comes after `/api/`.
    package func api(_ method: String, _ path: String, body: String = "") async throws -> Data {
        let login = Data("\(Self.user):\(Self.password)".utf8).base64EncodedString()
        let response = try await client.send(
            HTTPRequest(
                method: method, url: "http://127.0.0.1:\(managementPort)/api/\(path)",
                headers: [("authorization", "Basic \(login)"), ("content-type", "application/json")],
                body: Data(body.utf8)))
        guard (200..<300).contains(response.status) else {
            throw RabbitMQServerError.refused("\(method) \(path): \(response.status)")
        }
        return response.body
    }

    /// The names of all queues of a virtual host.
    package func queues(vhost: String) async throws -> [String] {
        struct Queue: Decodable {
            let name: String
        }
        return try JSONDecoder().decode([Queue].self, from: try await api("GET", "queues/\(vhost)")).map(\.name)
    }

    /// Runs `rabbitmqctl`.
    package func control(_ arguments: String...) async throws {
        let process = Process()
        process.executableURL = URL(filePath: Self.control)
        process.arguments = arguments
        process.environment = environment
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        let (ended, end) = AsyncStream.makeStream(of: Int32.self)
        process.terminationHandler = { end.yield($0.terminationStatus) }
        try process.run()
        for await status in ended {
            guard status == 0 else { throw RabbitMQServerError.refused(arguments.joined(separator: " ")) }
            return
        }
    }

    /// Stops the server in the middle of whatever it does, until ``thaw()``.
    package func freeze() { kill(processID, SIGSTOP) }

    /// Lets a frozen server go on.
    package func thaw() { kill(processID, SIGCONT) }

    /// Kills the server as a power cut would.
    package func die() async throws { try await supervisor.kill() }

    /// Starts the server again, on the same files.
    package func start() async throws {
        let number = try await supervisor.start()
        pid.withLock { $0 = number }
        for _ in 0..<(Self.startSeconds * 20) {
            if LoopbackPort.answers(port), LoopbackPort.answers(managementPort),
                (try? await api("GET", "vhosts")) != nil
            {
                return
            }
            // Nothing tells when it is ready, but that it answers.
            try await Task.sleep(for: .milliseconds(50))
        }
        let log = (try? String(contentsOfFile: "\(folder)/console", encoding: .utf8)) ?? ""
        throw RabbitMQServerError.notStarted(log: String(log.suffix(2_000)))
    }

    private static func encoded(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? text
    }

    private static func environment(folder: String, mapperPort: Int, distributionPort: Int) -> [String: String] {
        [
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": folder, "LANG": "C.UTF-8",
            // A name of its own, because all nodes of a host share the space of names.
            "RABBITMQ_NODENAME": "sluice-\(distributionPort)@localhost",
            "RABBITMQ_DIST_PORT": "\(distributionPort)",
            "ERL_EPMD_ADDRESS": "127.0.0.1", "ERL_EPMD_PORT": "\(mapperPort)",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS":
                "-start_epmd false -kernel inet_dist_use_interface {127,0,0,1} +sbwt none",
            "RABBITMQ_BASE": folder, "RABBITMQ_MNESIA_BASE": "\(folder)/mnesia", "RABBITMQ_LOG_BASE": "\(folder)/log",
            "RABBITMQ_CONFIG_FILE": "\(folder)/rabbitmq.conf", "RABBITMQ_ENABLED_PLUGINS_FILE": "\(folder)/plugins",
            "RABBITMQ_CONF_ENV_FILE": "\(folder)/none", "RABBITMQ_PID_FILE": "\(folder)/pid",
            "RABBITMQ_ADVANCED_CONFIG_FILE": "\(folder)/none",
            "RABBITMQ_GENERATED_CONFIG_DIR": "\(folder)/generated",
            // So that the shell's child is the server itself, and signals reach it.
            "RABBITMQ_ALLOW_INPUT": "1", "RABBITMQ_SERVER_START_ARGS": "-noinput",
        ]
    }

    private static func configuration(port: Int, tlsPort: Int, managementPort: Int, folder: String) -> String {
        """
        listeners.tcp.1 = 127.0.0.1:\(port)
        listeners.ssl.1 = 127.0.0.1:\(tlsPort)
        ssl_options.cacertfile = \(folder)/ca.pem
        ssl_options.certfile = \(folder)/server.pem
        ssl_options.keyfile = \(folder)/server-key.pem
        ssl_options.verify = verify_peer
        ssl_options.fail_if_no_peer_cert = true
        management.tcp.ip = 127.0.0.1
        management.tcp.port = \(managementPort)
        default_user = \(user)
        default_pass = \(password)
        disk_free_limit.absolute = 10MB
        raft.wal_max_size_bytes = 32000000
        collect_statistics_interval = 1000

        """
    }
}
