import Foundation
import FunctionHost
import History
import HistorySQLite
import Messaging
import MessagingSQLite
import RabbitMQ
import RabbitMQServer
import SQLite
import Synchronization
import TestSupport
import Testing

@Suite("Processes that die", .serialized, .timeLimit(.minutes(10)))
struct ProcessDeathTests {
    /// Folder, queues and history that this process shares with the hosts it starts.
    private struct Shared: Sendable {
        let folder: TemporaryFolder
        let broker: any MessageBroker
        let brokerURL: String?
        let history: SQLiteHistory
        let queues = FunctionQueues(function: "work")

        init(attempts: Int, onRabbitMQ isOnRabbitMQ: Bool = false) async throws {
            folder = try TemporaryFolder()
            let store = try SQLiteStore.open(
                folder: folder.path, schemas: [SQLiteBroker.schema, SQLiteHistory.schema])
            if isOnRabbitMQ {
                let server = try await RabbitMQServer.shared()
                let url = server.url(vhost: try await server.newVhost())
                brokerURL = url
                broker = try await RabbitMQBroker.connect(
                    RabbitMQConfiguration(url: url, connectionName: "test"), logger: quiet)
            } else {
                brokerURL = nil
                broker = try SQLiteBroker(store: store)
            }
            history = SQLiteHistory(store: store)
            // With the helper's own settings, so that both declare the same.
            try await broker.declare(
                FunctionQueues.specifications(
                    for: FunctionSettings(
                        name: "work", attemptsMax: attempts,
                        backoff: Backoff(first: .milliseconds(10), factor: 1, longest: .milliseconds(10)))))
        }

        func send(_ id: String, action: String) async throws {
            try await broker.publish(
                Message(id: id, body: Data(#"{"action":"\#(action)"}"#.utf8), headers: MessageHeaders().texts),
                to: queues.waiting)
        }

        func startHost(attempts: Int, patienceMilliseconds: Int, log: Pipe? = nil) throws -> HostProcess {
            try HostProcess(
                folder: folder.path, attempts: attempts, patienceMilliseconds: patienceMilliseconds,
                brokerURL: brokerURL, log: log)
        }

        func left() async throws -> Int {
            let waiting = try await broker.depth(of: queues.waiting).total
            return try await waiting + broker.depth(of: queues.alone).total
        }
    }

    @Test("messages that spin, kill or throw are found, and no good one suffers", arguments: [false, true])
    func poison(onRabbitMQ: Bool) async throws {
        let shared = try await Shared(attempts: 3, onRabbitMQ: onRabbitMQ)
        let poison = [5: "spin", 15: "kill", 25: "throw"]
        for number in 0..<33 { try await shared.send("\(number)", action: poison[number] ?? "ok") }
        let current = Mutex<HostProcess?>(nil)
        let isDone = Mutex(false)
        async let starts = {
            var starts = 0
            while !isDone.withLock({ $0 }), starts < 40 {
                let process = try shared.startHost(attempts: 3, patienceMilliseconds: 1000)
                let isLate = isDone.withLock { isDone in
                    current.withLock { $0 = process }
                    return isDone
                }
                if isLate { process.send(SIGKILL) }
                starts += 1
                _ = await process.end()
            }
            return starts
        }()
        var records: [Int: RunRecord] = [:]
        for number in 0..<33 { records[number] = try await shared.history.outcome(of: "\(number)") }
        // A question fails before its message is buried: a host that is killed in between buries it in its next life.
        while try await shared.broker.depth(of: shared.queues.dead).total < 3 {
            try await Task.sleep(for: .milliseconds(20))
        }
        isDone.withLock { isDone in
            isDone = true
            current.withLock { $0?.send(SIGKILL) }
        }
        let started = try await starts
        #expect(started < 40)
        for number in 0..<33 where poison[number] == nil { #expect(records[number]?.state == .done) }
        #expect(poison.keys.allSatisfy { records[$0]?.state == .failed })
        #expect(["process-died", "timeout"].contains(records[5]?.reason ?? ""))
        #expect(records[15]?.reason == "process-died")
        #expect(records[25]?.reason == "error")
        let dead = try await shared.broker.depth(of: shared.queues.dead).total
        #expect(dead >= 3)
        await shared.broker.close()
    }

    private static let rounds = Campaign.isLong ? 50 : 5

    @Test("killed at any moment, a host leaves nothing undone")
    func kills() async throws {
        let shared = try await Shared(attempts: 20)
        var generator = SeededGenerator(seed: 7)
        for round in 0..<Self.rounds {
            for number in 0..<20 { try await shared.send("\(round)-\(number)", action: "ok") }
            let process = try shared.startHost(attempts: 20, patienceMilliseconds: 30_000)
            let moment = Int.random(in: 0..<20, using: &generator)
            _ = try await shared.history.outcome(of: "\(round)-\(moment)")
            process.send(SIGKILL)
            _ = await process.end()
        }
        // Its answer shows that the last host runs, also where those before it left nothing: one that still starts ends by
        // the signal itself.
        try await shared.send("last", action: "ok")
        let last = try shared.startHost(attempts: 20, patienceMilliseconds: 30_000)
        #expect(try await shared.history.outcome(of: "last").state == .done)
        for round in 0..<Self.rounds {
            for number in 0..<20 {
                let record = try await shared.history.outcome(of: "\(round)-\(number)")
                #expect(record.state == .done)
            }
        }
        last.send(SIGTERM)
        #expect(await last.end() == 0)
        #expect(try await shared.broker.depth(of: shared.queues.dead).total == 0)
        await shared.broker.close()
    }

    @Test("stopped for longer than its watchdog is patient, a host goes on, again and again")
    func stopped() async throws {
        let shared = try await Shared(attempts: 3)
        let process = try shared.startHost(attempts: 3, patienceMilliseconds: 300)
        for round in 0..<5 {
            try await shared.send("\(round)", action: "ok")
            _ = try await shared.history.outcome(of: "\(round)")
            process.send(SIGSTOP)
            // Time is what it is about: a multiple of the patience.
            try await Task.sleep(for: .milliseconds(700))
            process.send(SIGCONT)
        }
        try await shared.send("last", action: "ok")
        #expect(try await shared.history.outcome(of: "last").state == .done)
        process.send(SIGTERM)
        #expect(await process.end() == 0)
        await shared.broker.close()
    }

    @Test("stuck while nobody reads its log, a host is ended by its watchdog all the same")
    func stuckUnread() async throws {
        let shared = try await Shared(attempts: 3)
        let log = Pipe()
        // `F_SETPIPE_SZ` of `linux/fcntl.h`: a page, full at once.
        _ = fcntl(log.fileHandleForWriting.fileDescriptor, 1031, 4096)
        let process = try shared.startHost(attempts: 3, patienceMilliseconds: 1000, log: log)
        try await shared.send("talk", action: "talk")
        #expect(try await shared.history.outcome(of: "talk").state == .done)
        // One for each core, or more than may ignore their deadline.
        for number in 0..<40 { try await shared.send("\(number)", action: "spin") }
        #expect(await process.end() == 1)
        await shared.broker.close()
    }

    @Test("told to end in the middle, a host exits with 0, and each message is finished or still queued")
    func terminated() async throws {
        let shared = try await Shared(attempts: 3)
        for number in 0..<50 { try await shared.send("\(number)", action: "ok") }
        let process = try shared.startHost(attempts: 3, patienceMilliseconds: 30_000)
        _ = try await shared.history.outcome(of: "3")
        process.send(SIGTERM)
        #expect(await process.end() == 0)
        let finished = try await shared.history.counts()[.done] ?? 0
        #expect(finished >= 1)
        let left = try await shared.left()
        #expect(finished + left == 50)
        await shared.broker.close()
    }
}
