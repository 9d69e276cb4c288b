import ChromaTestServer
import Foundation
import PostgresTestServer
import RabbitMQServer
import TestSupport
import Testing

/// Hosts and their servers, which fail on purpose.
struct FaultCampaign {
    /// What goes wrong.
    enum Fault: CaseIterable {
        case killHost, endHost, stopHost, restartBroker, freezeBroker, cutConnections, loseConnections, restartPostgres,
            killPostgres, killChroma, freezeChroma

        /// How often, in the long and in the short form.
        fileprivate var times: (long: Int, short: Int) {
            switch self {
            case .killHost: (5, 2)
            case .endHost: (3, 1)
            case .stopHost: (2, 0)
            case .restartBroker: (2, 1)
            case .freezeBroker: (2, 1)
            case .cutConnections: (4, 1)
            case .loseConnections: (2, 0)
            case .restartPostgres: (3, 1)
            case .killPostgres: (4, 2)
            case .killChroma: (3, 1)
            case .freezeChroma: (2, 1)
            }
        }

        fileprivate var isOfData: Bool {
            switch self {
            case .restartPostgres, .killPostgres, .killChroma, .freezeChroma: true
            default: false
            }
        }
        /// What the campaign on the embedded books shows already.
        fileprivate var isOfBroker: Bool { !isOfData && self != .killHost && self != .endHost }
    }

    /// Longer than the two heartbeats of four seconds after which either side takes the other for gone.
    ///
    /// The fault itself, so nothing that could be awaited ends it.
    private static let silence = Duration.seconds(10)

    /// Longer than a host's watchdog is patient with a stuck process.
    private static let pause = Duration.seconds(12)

    /// All faults, in an order that is the same in every run.
    ///
    /// With PostgreSQL and Chroma, the short form leaves the broker's out.
    let faults: [Fault]

    private let servers: CampaignServers
    private let folder: URL
    private let environment: [String: String]
    private var hosts: [HostRun] = []
    private var turns = 0
    /// What all hosts wrote, the ended ones among them.
    private(set) var log: [String] = []

    /// Starts two hosts.
    init(_ world: HostWorld, _ model: ModelServer, _ servers: CampaignServers) async throws {
        self.servers = servers
        var generator = SeededGenerator(seed: 20_251_026)
        faults = Fault.allCases.filter { fault in
            servers.data == nil ? !fault.isOfData : Campaign.isLong || !fault.isOfBroker
        }.flatMap {
            Array(repeating: $0, count: Campaign.isLong ? $0.times.long : $0.times.short)
        }.shuffled(using: &generator)
        folder = world.folder
        environment = model.environment.merging(world.environment) { $1 }
            .merging(servers.data?.environment ?? [:]) { $1 }.merging(["SLUICE_LOG_LEVEL": "trace"]) { $1 }
        for _ in 0..<2 { hosts.append(try await start()) }
    }

    private func start() async throws -> HostRun {
        try await HostRun.start(in: folder, ["--manifest", "m.yaml", "--budgets", "b"], environment: environment)
    }

    /// Lets something go wrong, and repairs what does not repair itself.
    mutating func strike(_ fault: Fault) async throws {
        switch fault {
        case .killHost: try await replaceHost(SIGKILL, status: -SIGKILL)
        case .endHost: try await replaceHost(SIGTERM, status: 0)
        case .stopHost:
            let host = hosts[turns % hosts.count]
            host.process.signal(SIGSTOP)
            try await Task.sleep(for: Self.pause)
            host.process.signal(SIGCONT)
        case .restartBroker:
            try await servers.broker.die()
            try await servers.broker.start()
        case .freezeBroker:
            servers.broker.freeze()
            try await Task.sleep(for: Self.silence)
            servers.broker.thaw()
        case .cutConnections: servers.proxy.cut()
        case .loseConnections:
            servers.proxy.hold()
            try await Task.sleep(for: Self.silence)
            servers.proxy.release()
        case .restartPostgres:
            await servers.data?.postgres.stop()
            try await servers.data?.postgres.start()
        case .killPostgres:
            await servers.data?.postgres.kill()
            try await servers.data?.postgres.start()
        case .killChroma:
            await servers.data?.chroma.die()
            try await servers.data?.chroma.start()
        case .freezeChroma:
            servers.data?.chroma.freeze()
            try await Task.sleep(for: Self.silence)
            servers.data?.chroma.thaw()
        }
    }

    /// Ends one host, each in its turn, and starts another.
    private mutating func replaceHost(_ signal: Int32, status: Int32) async throws {
        let index = turns % hosts.count
        turns += 1
        try await end(hosts[index], signal, status: status)
        hosts[index] = try await start()
    }

    private mutating func end(_ host: HostRun, _ signal: Int32, status: Int32) async throws {
        let ended = await host.end(signal)
        log += host.startLines
        for await line in host.process.lines { log.append(line) }
        log.append(host.process.errors)
        #expect(ended == status, "\(log.suffix(3))")
    }

    /// Ends all hosts; all work must be done.
    mutating func end() async throws {
        for host in hosts { try await end(host, SIGTERM, status: 0) }
        hosts = []
    }
}
