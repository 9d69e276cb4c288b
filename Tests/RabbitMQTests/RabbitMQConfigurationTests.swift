import RabbitMQ
import Testing

@Suite("RabbitMQConfiguration")
struct RabbitMQConfigurationTests {
    private func read(_ url: String) throws -> RabbitMQConfiguration {
        try RabbitMQConfiguration(url: url, connectionName: "host")
    }

    @Test("A URL is read whole")
    func whole() throws {
        let read = try read(
            "amqps://an%40user:p%40ss%2Fw%3Ard@[::1]:5999/a%2Fb?heartbeat=30&cacertfile=/ca.pem&certfile=/c.pem&keyfile=/k.pem"
        )
        #expect(read.host == "::1")
        #expect(read.port == 5999)
        #expect(read.user == "an@user")
        #expect(read.password == "p@ss/w:rd")
        #expect(read.vhost == "a/b")
        #expect(read.heartbeatSeconds == 30)
        #expect(read.tls?.authorityFile == "/ca.pem")
        #expect(read.tls?.certificateFile == "/c.pem")
        #expect(read.tls?.keyFile == "/k.pem")
        #expect(read.connectionName == "host")
    }

    @Test("What a URL leaves out has its default", arguments: ["amqp://queue", "amqp://queue/"])
    func defaults(url: String) throws {
        let plain = try read(url)
        #expect(plain.port == 5672 && plain.vhost == "/" && plain.user == "guest" && plain.password == "guest")
        #expect(plain.tls == nil && plain.heartbeatSeconds == 10)
        #expect(try read("amqps://queue").port == 5671)
        #expect(try read("amqps://queue").tls?.authorityFile == "/etc/ssl/certs/ca-certificates.crt")
    }

    @Test(
        "A bad URL is told without its password",
        arguments: [
            ("http://u:s3cret@h", RabbitMQConfigurationError.unknownScheme), ("amqp://", .noHost),
            ("amqp://u:s3cret@h:0", .badPort), ("amqp://u:s3cret@h:70000", .badPort),
            ("amqp://u:s3cret@h/a/b", .badVhost),
            ("amqp://u:s3cret%00@h", .zeroByte), ("amqp://u:s3cret@h?heartbeat=0", .badHeartbeat),
            ("amqp://u:s3cret@h?heartbeat=x", .badHeartbeat),
            ("amqp://u:s3cret@h?verify=none", .unknownParameter(name: "verify")),
            ("amqp://u:s3cret@h?certfile=/c", .filesWithoutTLS(name: "certfile")),
            ("amqps://u:s3cret@h?certfile=/c", .halfACertificate), ("amqp://u:s3cret@h:port", .notAURL),
            ("amqp://u:p@s3cret/word@h", .notAURL), ("amqp://u:1234?s3cret@h/", .notAURL),
            ("amqp://u:1#s3cret@h/v", .notAURL), ("amqp://u:1/s3cret@h/v", .notAURL), ("amqp://u:s3@cret@h", .notAURL),
            ("amqp://h/v#s3cret", .notAURL), ("amqp://h/v?heartbeat=s3cret@h", .notAURL),
        ])
    func bad(url: String, expected: RabbitMQConfigurationError) throws {
        let error = #expect(throws: RabbitMQConfigurationError.self) { try read(url) }
        #expect(error == expected)
        #expect(error?.description.contains("s3cret") == false)
    }

    @Test("No way of printing shows the password")
    func printing() throws {
        let read = try read("amqp://user:s3cret@host/v")
        var dumped = ""
        dump(read, to: &dumped)
        for text in ["\(read)", String(reflecting: read), dumped, "\([read])"] {
            #expect(!text.contains("s3cret"))
            #expect(text.contains("amqp://user@host:5672/v"))
        }
    }
}
