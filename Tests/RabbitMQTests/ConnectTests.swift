import FoundationEssentials
import Logging
import Messaging
import RabbitMQ
import RabbitMQServer
import Testing

@Suite("Connecting to RabbitMQ", .timeLimit(.minutes(2)))
struct ConnectTests {
    private func connect(_ url: String) async throws -> RabbitMQBroker {
        let configuration = try RabbitMQConfiguration(url: url, connectionName: "connect-test")
        return try await RabbitMQBroker.connect(
            configuration, logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    }

    private func refusal(_ url: String) async -> String {
        let error = await #expect(throws: RabbitMQError.self) { try await connect(url) }
        let text = error?.description ?? ""
        #expect(!text.contains("\n") && !text.contains(RabbitMQServer.password))
        return text
    }

    @Test("A wrong password, a wrong virtual host and a port that nobody listens on are one clear line each")
    func refusals() async throws {
        let fixture = try await RabbitMQFixture()
        let port = fixture.server.port
        let wrong = await refusal("amqp://sluice:wrong-secret@127.0.0.1:\(port)/")
        #expect(wrong == "RabbitMQ refuses the user sluice; check user and password")
        let vhost = await refusal(fixture.server.url(vhost: "missing"))
        #expect(vhost.hasPrefix("RabbitMQ does not let the user sluice into the virtual host missing: "))
        let nobody = await refusal("amqp://sluice:secret@127.0.0.1:1/")
        #expect(nobody.hasPrefix("RabbitMQ cannot be reached at 127.0.0.1:1: "))
    }

    @Test("TLS carries large and many messages, with the authority checked and a client certificate")
    func tls() async throws {
        let fixture = try await RabbitMQFixture()
        let files = fixture.server.certificates
        let url = fixture.server.tlsURL(vhost: fixture.vhost)
        let broker = try await connect(
            "\(url)?cacertfile=\(files.authority)&certfile=\(files.client)&keyfile=\(files.clientKey)&heartbeat=5")
        try await broker.declare([QueueSpecification(name: "questions", lengthMax: 10_000)])
        let stream = try await broker.consume("questions", prefetch: 300)
        let large = Data((0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<300 {
                group.addTask {
                    // Sizes around those of TLS records, so that a delivery's end waits in the TLS buffer alone.
                    let body = number % 50 == 0 ? large : large.prefix(number * 331)
                    try await broker.publish(Message(id: "\(number)", body: Data(body)), to: "questions")
                }
            }
            try await group.waitForAll()
        }
        var seen: Set<String> = []
        while seen.count < 300 {
            var deliveries = stream.makeAsyncIterator()
            let delivery = try #require(try await deliveries.next())
            let number = try #require(Int(delivery.message.id))
            #expect(delivery.message.body == (number % 50 == 0 ? large : Data(large.prefix(number * 331))))
            seen.insert(delivery.message.id)
            try await broker.acknowledge(delivery)
        }
        await broker.close()
    }

    @Test("TLS with a stranger's authority, another host's name, no certificate or no file is refused")
    func tlsRefusals() async throws {
        let fixture = try await RabbitMQFixture()
        let files = fixture.server.certificates
        let url = fixture.server.tlsURL(vhost: fixture.vhost)
        let client = "certfile=\(files.client)&keyfile=\(files.clientKey)"
        let start = "no TLS connection to RabbitMQ at localhost:\(fixture.server.tlsPort): "
        #expect(await refusal("\(url)?cacertfile=\(files.stranger)&\(client)").hasPrefix(start))
        #expect(await refusal("\(url)?cacertfile=\(files.authority)").hasPrefix(start))
        #expect(
            await refusal("\(url)?cacertfile=/none.pem&\(client)").contains(
                "the authorities in /none.pem cannot be read"))
        #expect(
            await refusal("\(url)?cacertfile=\(files.authority)&certfile=/none.pem&keyfile=/none.pem").contains(
                "/none.pem"))
        let address = fixture.server.tlsURL(vhost: fixture.vhost, host: "127.0.0.1")
        #expect(await refusal("\(address)?cacertfile=\(files.authority)&\(client)").hasPrefix("no TLS connection"))
        // Neither side speaks TLS to the other's plain port.
        let plain = url.replacing(":\(fixture.server.tlsPort)/", with: ":\(fixture.server.port)/")
        #expect(await refusal("\(plain)?cacertfile=\(files.authority)&\(client)").hasPrefix("no TLS connection"))
    }

    @Test("The broker's own tools know the connections by name")
    func name() async throws {
        let fixture = try await RabbitMQFixture()
        let broker = try await connect(fixture.server.url(vhost: fixture.vhost))
        struct Connection: Decodable {
            // The API's own spelling.
            let user_provided_name: String
        }
        var names: [String] = []
        while names.count < 2 {
            names = try JSONDecoder().decode(
                [Connection].self, from: try await fixture.server.api("GET", "vhosts/\(fixture.vhost)/connections")
            ).map(\.user_provided_name)
        }
        #expect(names.sorted() == ["connect-test consume", "connect-test publish"])
        await broker.close()
    }
}
