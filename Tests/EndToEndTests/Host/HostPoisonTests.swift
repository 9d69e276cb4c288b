import Foundation
import History
import RabbitMQServer
import TestSupport
import Testing

@Suite("sluice host on RabbitMQ and bad input", .timeLimit(.minutes(10)))
struct HostPoisonTests {
    /// A message that nobody can work on, and the reason that its dead letter gets.
    private struct Poison {
        let reason: String
        var properties: RawPublisher.Properties
        var body = Data(#"{"question":"Is it fit to drink?"}"#.utf8)
        /// Whether it has an id to be found by.
        var isNamed = true
    }

    private struct LettersJSON: Decodable {
        struct Letter: Decodable {
            let id, function: String
            let error: String?
        }

        let letters: [Letter]
        let total: Int
    }

    private static let count = Campaign.isLong ? 10_000 : 500
    private static let json = Array("application/json".utf8)

    private static func text(_ name: String, _ value: [UInt8]) -> [UInt8] {
        RawPublisher.entry(Array(name.utf8), "S", RawPublisher.long(value))
    }

    private static let kinds: [Poison] = [
        Poison(reason: "undecodable", properties: .init(contentType: json), body: Data([0xff, 0x00, 0x7b])),
        Poison(reason: "undecodable", properties: .init(contentType: json), body: Data(#"{"query":1}"#.utf8)),
        Poison(reason: "undecodable", properties: .init(contentType: json), body: Data()),
        Poison(reason: "content-type-unknown", properties: .init(contentType: Array("image/png".utf8))),
        Poison(
            reason: "content-encoding-unknown",
            properties: .init(contentType: json, contentEncoding: Array("gzip".utf8))),
        Poison(reason: "id-missing", properties: .init(contentType: json), isNamed: false),
        Poison(
            reason: "headers-unreadable",
            properties: .init(contentType: json, headers: text("sluice-format", Array("99".utf8)))),
        Poison(
            reason: "headers-unreadable",
            properties: .init(contentType: json, headers: text("sluice-attempt", Array("-1; drop".utf8)))),
        Poison(
            reason: "headers-unreadable",
            properties: .init(contentType: json, headers: text("sluice-tenant", [0xc3, 0x28]))),
        Poison(
            reason: "headers-unreadable",
            properties: .init(
                contentType: json,
                headers: RawPublisher.entry(
                    Array("sluice-attempt".utf8), "A", RawPublisher.nested(levels: 100)))),
        Poison(
            reason: "tenant-unusable", properties: .init(contentType: json, headers: text("sluice-tenant", [0x61, 0]))),
        Poison(
            reason: "tenant-unusable",
            properties: .init(
                contentType: json, headers: text("sluice-tenant", [UInt8](repeating: 0x61, count: 6_000)))),
    ]

    /// Larger than any function's input.
    private static let large = Poison(
        reason: "body-too-large", properties: .init(contentType: json), body: Data(repeating: 0x20, count: 10 << 20))

    /// What is sent to which queue, in order.
    private static let all: [(queue: String, Poison)] = (0..<count).map { number in
        let queue = ["sluice.pii-filter", "sluice.rag-core"][number % 2]
        var poison = number % (count / 2) == count / 4 ? large : kinds[(number / 2) % kinds.count]
        if poison.isNamed { poison.properties.id = Array("poison-\(number)".utf8) }
        return (queue, poison)
    }

    @Test("buries thousands of poisonous messages with their reasons, and answers the good ones between them")
    func poison() async throws {
        let server = try await RabbitMQServer.shared()
        let vhost = try await server.newVhost()
        try await HostWorld.run(
            onRabbitMQ: server.url(vhost: vhost), manifest: HostWorld.manifest(concurrency: 8)
        ) { world in
            try await ModelServer.run { model in
                let host = try await HostRun.start(
                    in: world.folder, ["--manifest", "m.yaml"],
                    environment: model.environment.merging(world.environment) { $1 })
                let publisher = try RawPublisher(server, vhost: vhost)
                var good: [String] = []
                for (number, (queue, poison)) in Self.all.enumerated() {
                    if number % (Self.count / 20) == 0 {
                        good.append("good-\(number)")
                        try await world.ask([good[good.count - 1]])
                    }
                    try publisher.publish(poison.properties, body: poison.body, to: queue)
                }
                for id in good { #expect(try await world.history.outcome(of: id).state == .done) }
                for (number, (_, poison)) in Self.all.enumerated() where poison.isNamed {
                    #expect(try await world.history.outcome(of: "poison-\(number)").reason == poison.reason)
                }
                try await checkLetters(world)
                #expect(try await host.get("/readyz").status == 200)
                #expect(try await world.isSound())
                #expect(await host.end() == 0)
            }
        }
    }

    private func checkLetters(_ world: HostWorld) async throws {
        var list: LettersJSON
        repeat {
            let ending = try await world.sluice(
                ["dead", "list", "--manifest", "m.yaml", "--format", "json", "--limit", "\(2 * Self.count)"])
            try #require(ending.status == 0, "\(ending.errors)")
            list = try JSONDecoder().decode(LettersJSON.self, from: Data(ending.output.utf8))
            // Those without an id have no question that tells when they are buried.
        } while list.letters.count < Self.count
        #expect(list.total == Self.count)
        func counts(_ reasons: [String]) -> [String: Int] { Dictionary(reasons.map { ($0, 1) }, uniquingKeysWith: +) }
        #expect(counts(list.letters.map { $0.error ?? "" }) == counts(Self.all.map { $0.1.reason }))
        #expect(Set(list.letters.map(\.function)) == ["pii-filter", "rag-core"])
    }

    /// Why a broker does not let a host in.
    enum Refusal: CaseIterable {
        case password, vhost, authority, certificate, unreachable
    }

    @Test("does not start where RabbitMQ does not let it in, and says so in one line", arguments: Refusal.allCases)
    func refused(refusal: Refusal) async throws {
        let server = try await RabbitMQServer.shared()
        let vhost = try await server.newVhost()
        let files = server.certificates
        let (url, says) =
            switch refusal {
            case .password:
                ("amqp://sluice:HIDDEN@127.0.0.1:\(server.port)/\(vhost)", "RabbitMQ refuses the user sluice; check")
            case .vhost: (server.url(vhost: "missing"), "into the virtual host missing")
            case .authority:
                (
                    server.tlsURL(vhost: vhost)
                        + "?cacertfile=\(files.stranger)&certfile=\(files.client)&keyfile=\(files.clientKey)",
                    "no TLS connection to RabbitMQ at localhost:\(server.tlsPort)"
                )
            case .certificate:
                (server.tlsURL(vhost: vhost) + "?cacertfile=\(files.authority)", "no TLS connection to RabbitMQ")
            case .unreachable: ("amqp://sluice:HIDDEN@127.0.0.1:1/", "RabbitMQ cannot be reached at 127.0.0.1:1")
            }
        let folder = try TemporaryFolder()
        let secret = folder.url.appending(path: "broker-url")
        try Data("\(url)\n".utf8).write(to: secret)
        for environment in [["SLUICE_BROKER_URL": url], ["SLUICE_BROKER_URL_FILE": secret.path]] {
            let ending = try await SluiceProcess.run(
                ["host"], in: folder.url,
                environment: HostRun.unused.merging(["SLUICE_LISTEN_PORT": "0"]) { $1 }.merging(environment) { $1 })
            #expect(ending.status == 1)
            #expect(ending.errors.split(separator: "\n").count == 1, "\(ending.errors)")
            #expect(ending.errors.contains(says), "\(ending.errors)")
            let printed = ending.output + ending.errors
            for part in ["HIDDEN", RabbitMQServer.password, "p%40ss"] { #expect(!printed.contains(part)) }
        }
    }
}
