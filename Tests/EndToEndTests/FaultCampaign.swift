import Foundation
import PostgresTestServer
import RabbitMQServer
import TestSupport
import Testing

/// Hosts, a broker and a database that fail on purpose.
struct FaultCampaign {
    /// What goes wrong.
    enum Fault: CaseIterable {
        case killHost, endHost, restartBroker, freezeBroker, cutConnections, loseConnections, restartDatabase,
            killDatabase

        /// How often, in the long and in the short form.
        fileprivate var times: (long: Int, short: Int) {
            switch self {
            case .killHost: (5, 2)
            case .endHost: (3, 1)
            case .restartBroker: (2, 1)
            case .freezeBroker: (2, 1)
            case .cutConnections: (4, 1)
            case .loseConnections: (2, 0)
            case .restartDatabase: (3, 1)
            case .killDatabase: (4, 2)
            }
        }

        fileprivate var isOfDatabase: Bool { self == .restartDatabase || self == .killDatabase }
        /// What the campaign on the embedded books shows already.
        fileprivate var isOfBroker: Bool { !isOfDatabase && self != .killHost && self != .endHost }
    }

    /// Longer than the two heartbeats of four seconds after which either side takes the other for gone.
    ///
    /// The fault itself, so nothing that could be awaited ends it.
    private static let silence = Duration.seconds(10)

    /// All faults, in an order that is the same in every run.
    ///
    /// With a database, the short form leaves the broker's out.
    let faults: [Fault]

    private let server: RabbitMQServer
    private let proxy: LoopbackProxy
    private let database: PostgresTestServer?
    private let folder: URL
    private let environment: [String: String]
    private var hosts: [HostRun] = []
    private var turns = 0
    /// What all hosts wrote, the ended ones among them.
    private(set) var log: [String] = []

    /// Starts two hosts.
    init(
        _ world: HostWorld, _ model: ModelServer, server: RabbitMQServer, proxy: LoopbackProxy,
        database: PostgresTestServer?
    ) async throws {
        self.server = server
        self.proxy = proxy
        self.database = database
        var generator = SeededGenerator(seed: 20_251_026)
        faults = Fault.allCases.filter { fault in
            database == nil ? !fault.isOfDatabase : Campaign.isLong || !fault.isOfBroker
        }.flatMap {
            Array(repeating: $0, count: Campaign.isLong ? $0.times.long : $0.times.short)
        }.shuffled(using: &generator)
        folder = world.folder
        environment = model.environment.merging(world.environment) { $1 }
            .merging(["SLUICE_LOG_LEVEL": "trace"]) { $1 }
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
        case .restartBroker:
            try await server.die()
            try await server.start()
        case .freezeBroker:
            server.freeze()
            try await Task.sleep(for: Self.silence)
            server.thaw()
        case .cutConnections: proxy.cut()
        case .loseConnections:
            proxy.hold()
            try await Task.sleep(for: Self.silence)
            proxy.release()
        case .restartDatabase:
            await database?.stop()
            try await database?.start()
        case .killDatabase:
            await database?.kill()
            try await database?.start()
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
        #expect(await host.end(signal) == status)
        log += host.startLines
        for await line in host.process.lines { log.append(line) }
        log.append(host.process.errors)
    }

    /// Ends all hosts; all work must be done.
    mutating func end() async throws {
        for host in hosts { try await end(host, SIGTERM, status: 0) }
        hosts = []
    }
}
