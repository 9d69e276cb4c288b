import Foundation
import RabbitMQServer
import TestSupport
import Testing

/// Hosts and a broker that fail on purpose.
struct FaultCampaign {
    /// What goes wrong.
    enum Fault: CaseIterable {
        case killHost, endHost, restartBroker, freezeBroker, cutConnections, loseConnections

        /// How often, in the long and in the short form.
        fileprivate var times: (long: Int, short: Int) {
            switch self {
            case .killHost: (5, 2)
            case .endHost: (3, 1)
            case .restartBroker: (2, 1)
            case .freezeBroker: (2, 1)
            case .cutConnections: (4, 1)
            case .loseConnections: (2, 0)
            }
        }
    }

    /// Longer than the two heartbeats of four seconds after which either side takes the other for gone.
    ///
    /// The fault itself, so nothing that could be awaited ends it.
    private static let silence = Duration.seconds(10)

    /// All faults, in an order that is the same in every run.
    static let faults: [Fault] = {
        var generator = SeededGenerator(seed: 20_251_026)
        return Fault.allCases.flatMap {
            Array(repeating: $0, count: Campaign.isLong ? $0.times.long : $0.times.short)
        }.shuffled(using: &generator)
    }()

    private let server: RabbitMQServer
    private let proxy: LoopbackProxy
    private let folder: URL
    private let environment: [String: String]
    private var hosts: [HostRun] = []
    private var turns = 0
    /// What all hosts wrote, the ended ones among them.
    private(set) var log: [String] = []

    /// Starts two hosts.
    init(_ world: HostWorld, _ model: ModelServer, server: RabbitMQServer, proxy: LoopbackProxy) async throws {
        self.server = server
        self.proxy = proxy
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
