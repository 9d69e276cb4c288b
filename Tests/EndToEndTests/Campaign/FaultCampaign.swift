import ChromaTestServer
import Foundation
import FunctionHost
import FunctionKit
import History
import PostgresTestServer
import RabbitMQServer
import TestSupport
import Testing
import Waiting

/// Hosts and their servers, which fail on purpose.
struct FaultCampaign {
    /// What goes wrong.
    enum Fault: CaseIterable {
        case killHost, endHost, stopHost, stopHostBeyondLease, isolateHost, isolateHostBeyondLease
        case startHostWithWrongClock, stopLogReader
        case restartBroker, freezeBroker, raiseAlarm, deleteQueues, cutConnections, loseConnections
        case restartPostgres, killPostgres, killChroma, freezeChroma

        /// How often, in the long and in the short form.
        fileprivate var times: (long: Int, short: Int) {
            switch self {
            case .killHost: (5, 2)
            case .endHost: (3, 1)
            case .stopHost: (2, 0)
            case .stopHostBeyondLease: (1, 0)
            case .isolateHost: (2, 1)
            case .isolateHostBeyondLease: (1, 0)
            case .startHostWithWrongClock: (2, 1)
            case .stopLogReader: (2, 1)
            case .restartBroker: (2, 1)
            case .freezeBroker: (2, 1)
            case .raiseAlarm: (2, 1)
            case .deleteQueues: (2, 1)
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
            // Owners on the embedded ledger are seen, and have no lease.
            case .stopHostBeyondLease, .isolateHostBeyondLease: true
            case .restartPostgres, .killPostgres, .killChroma, .freezeChroma: true
            default: false
            }
        }

        /// What the campaign on the embedded books shows already.
        fileprivate var isOfBroker: Bool {
            !isOfData && ![.killHost, .endHost, .isolateHost, .startHostWithWrongClock].contains(self)
        }

        /// What the hosts' logs say of it; nil where they need not say anything.
        fileprivate var sign: String? {
            switch self {
            case .startHostWithWrongClock: "\"trouble.kind\":\"clock\""
            case .raiseAlarm: "broker takes no publishes"
            case .deleteQueues: "consumer lost"
            case .isolateHost, .isolateHostBeyondLease, .loseConnections: "connection to the broker lost"
            default: nil
            }
        }

        /// Whether it would lose what is under way.
        var needsQuiet: Bool { self == .deleteQueues }
    }

    /// Longer than the two heartbeats of four seconds after which either side takes the other for gone.
    ///
    /// The fault itself, so nothing that could be awaited ends it.
    private static let silence = Duration.seconds(10)

    /// Longer than a host's watchdog is patient with a stuck process.
    private static let pause = Duration.seconds(12)

    /// Longer than a hold lives on PostgreSQL where nobody renews its lease of a minute.
    private static let longPause = Duration.seconds(65)

    /// Far longer than any fault keeps a question.
    static let patience = Duration.seconds(180)

    /// Long enough for some questions.
    private static let moment = Duration.seconds(3)

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
        for index in 0..<2 { hosts.append(try await start(index)) }
    }

    /// Starts a host; the one at 0 has ways of its own to the servers.
    private func start(_ index: Int, clock: [String: String] = [:]) async throws -> HostRun {
        try await HostRun.start(
            in: folder, ["--manifest", "m.yaml", "--budgets", "b"],
            environment: (index == 0 ? servers.lonely(environment) : environment).merging(clock) { $1 })
    }

    /// Lets something go wrong, and repairs what does not repair itself.
    mutating func strike(_ fault: Fault) async throws {
        print("\(Date.now.formatted(.iso8601)) \(fault)")
        switch fault {
        case .killHost: try await replaceHost(SIGKILL, status: -SIGKILL)
        case .endHost: try await replaceHost(SIGTERM, status: 0)
        case .stopHost: try await stopHost(for: Self.pause)
        case .stopHostBeyondLease: try await stopHost(for: Self.longPause)
        case .isolateHost: try await servers.isolating { try await Task.sleep(for: Self.silence) }
        case .isolateHostBeyondLease: try await servers.isolating { try await Task.sleep(for: Self.longPause) }
        case .startHostWithWrongClock:
            // Beyond what the model allows; behind, because the embedded ledger's time would follow it ahead.
            let seconds = servers.data == nil ? -600 : 100 * 86_400
            let host = try await start(
                hosts.count, clock: try await WrongClock.environment(secondsAhead: seconds, in: folder))
            try await Task.sleep(for: Self.moment)
            if servers.data != nil { #expect(try await host.get("/readyz").body.contains("set right")) }
            try await end(host, SIGTERM, status: 0)
        case .stopLogReader:
            let host = hosts[turns % hosts.count]
            try await host.process.unread {
                try await Task.sleep(for: Campaign.isLong ? Self.pause : Self.moment)
                #expect(try await host.get("/healthz").status == 200)
            }
        case .restartBroker:
            try await servers.broker.die()
            try await servers.broker.start()
        case .freezeBroker:
            servers.broker.freeze()
            try await Task.sleep(for: Self.silence)
            servers.broker.thaw()
        case .raiseAlarm:
            try await servers.broker.control("set_vm_memory_high_watermark", "absolute", "1MB")
            try await expectBlocked()
            try await Task.sleep(for: Self.moment)
            try await servers.broker.control("set_vm_memory_high_watermark", "0.4")
        case .deleteQueues: try await servers.deleteQueues()
        case .cutConnections:
            servers.proxy.cut()
            servers.lonelyProxy.cut()
        case .loseConnections:
            servers.proxy.hold()
            try await servers.isolating { try await Task.sleep(for: Self.silence) }
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

    /// Prints how often hosts noticed a fault, and records an issue where none had to miss it.
    func expectSigns() {
        for fault in Fault.allCases where faults.contains(fault) {
            guard let sign = fault.sign else { continue }
            let count = log.count { $0.contains(sign) }
            print("\(fault) was seen \(count) times")
            // This one need not have got a message before it was ended.
            #expect(count > 0 || fault == .startHostWithWrongClock, "\(fault)")
        }
    }

    /// How a question ended.
    ///
    /// - Throws: ``Standstill`` where it does not end.
    func outcome(of id: String, _ world: HostWorld) async throws -> RunRecord {
        let history = world.history
        let record = try await Deadline(after: Self.patience, by: .process).answer { try await history.outcome(of: id) }
        guard let record else {
            let state = try await world.history.run(id: id)?.state
            throw await standstill("question \(id) is \(state.map { "\($0)" } ?? "unknown")", world)
        }
        return record
    }

    /// What is to be known where nothing goes on.
    func standstill(_ what: String, _ world: HostWorld) async -> Standstill {
        var facts = [what]
        for host in hosts { facts.append((try? await host.get("/readyz").body) ?? "a host answers nothing") }
        facts.append((try? await world.sluice(["queues"]).output) ?? "no queues")
        var lines: [String] = []
        for host in hosts {
            _ = await host.end(SIGKILL)
            for await line in host.process.lines { lines.append(line) }
        }
        facts += lines.filter { !$0.contains("\"level\":\"trace\"") }.suffix(60)
        return Standstill(description: facts.joined(separator: "\n"))
    }

    /// Nothing goes on.
    struct Standstill: Error, CustomStringConvertible {
        let description: String
    }

    /// Waits until a host says that the broker takes nothing from it, as each learns with its first publish.
    private func expectBlocked() async throws {
        for _ in 0..<100 {
            for host in hosts where try await host.get("/readyz").body.contains("blocked: ") { return }
            // Nothing tells when a host meets it but that one asks.
            try await Task.sleep(for: .milliseconds(100))
        }
        Issue.record("no host met the alarm")
    }

    private func stopHost(for pause: Duration) async throws {
        let host = hosts[turns % hosts.count]
        host.process.signal(SIGSTOP)
        try await Task.sleep(for: pause)
        host.process.signal(SIGCONT)
    }

    /// Ends one host, each in its turn, and starts another.
    private mutating func replaceHost(_ signal: Int32, status: Int32) async throws {
        let index = turns % hosts.count
        turns += 1
        try await end(hosts[index], signal, status: status)
        hosts[index] = try await start(index)
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
