import Foundation
import History
import HistorySQLite
import Logging
import Messaging
import MessagingSQLite
import RabbitMQ
import RabbitMQServer
import SQLite
import Synchronization
import TestSupport
import Testing

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// The brokers that hosts are tested on; each test of what must not be lost runs on all of them.
enum HostBroker: CaseIterable {
    case sqlite, rabbitMQ

    /// Opens it beside the hosts, with what makes a host use it.
    func open(_ store: SQLiteStore) async throws -> (any MessageBroker, environment: [String: String]) {
        switch self {
        case .sqlite: return (try SQLiteBroker(store: store), [:])
        case .rabbitMQ:
            let server = try await RabbitMQServer.shared()
            return try await Self.open(url: server.url(vhost: try await server.newVhost()))
        }
    }

    /// Opens a virtual host of RabbitMQ.
    static func open(url: String) async throws -> (any MessageBroker, environment: [String: String]) {
        let broker = try await RabbitMQBroker.connect(
            RabbitMQConfiguration(url: url, connectionName: "test"),
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
        return (broker, ["SLUICE_BROKER_URL": url])
    }
}

/// A number that all copies of a value share.
private final class SharedNumber: Sendable {
    private let state = Mutex(0)
    var value: Int {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}

/// A running `sluice host`, whose log lines are read as JSON.
struct HostRun {
    /// The keys of AWS that a host needs to start, for tests in which it asks no model.
    static let unused = [
        "SLUICE_BEDROCK_ENDPOINT": "http://127.0.0.1:9", "AWS_ACCESS_KEY_ID": "K", "AWS_SECRET_ACCESS_KEY": "S",
    ]

    let process: SluiceProcess
    /// Where it serves health and metrics.
    let address: String
    /// What it wrote until it was ready.
    let startLines: [String]
    /// The number of the first of these that nobody has waited for.
    private let firstUnread = SharedNumber()

    init(process: SluiceProcess, address: String, startLines: [String] = []) {
        self.process = process
        self.address = address
        self.startLines = startLines
    }

    /// Starts a host in a folder and waits until it is ready.
    static func start(
        in folder: URL, _ options: [String] = [], environment: [String: String],
        executable: String = SluiceProcess.binary
    ) async throws -> HostRun {
        let process = try SluiceProcess(
            ["host"] + options, in: folder, environment: environment.merging(["SLUICE_LISTEN_PORT": "0"]) { $1 },
            executable: executable)
        var startLines: [String] = []
        let ready = try await line("host ready", of: process) { startLines.append($0) }
        let port = try #require(ready["listen.port"] as? Int)
        return HostRun(process: process, address: "http://127.0.0.1:\(port)", startLines: startLines)
    }

    /// Waits for a log line with a message, which may have come before the host was ready.
    func line(_ message: String) async throws -> [String: Any] {
        for (number, text) in startLines.enumerated().dropFirst(firstUnread.value) {
            let line = try Self.parse(text)
            guard line["message"] as? String == message else { continue }
            firstUnread.value = number + 1
            return line
        }
        return try await Self.line(message, of: process) { _ in }
    }

    private static func line(
        _ message: String, of process: SluiceProcess, seen: (String) -> Void
    ) async throws -> [String: Any] {
        for await text in process.lines {
            seen(text)
            let line = try parse(text)
            if line["message"] as? String == message { return line }
        }
        Issue.record("no line says \(message): \(process.errors)")
        throw CancellationError()
    }

    /// The lines until the end.
    func rest() async throws -> [[String: Any]] {
        var lines: [[String: Any]] = []
        for await text in process.lines { lines.append(try Self.parse(text)) }
        return lines
    }

    private static func parse(_ text: String) throws -> [String: Any] {
        let line = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        return try #require(line, "no JSON object: \(text)")
    }

    /// Tells it to end and waits until it has.
    func end(_ signal: Int32 = SIGTERM) async -> Int32 {
        process.signal(signal)
        return await process.status()
    }

    /// Asks over HTTP; posts a body where there is one.
    func get(_ path: String, post body: String? = nil) async throws -> (status: Int, body: String, type: String) {
        var request = URLRequest(url: try #require(URL(string: address + path)))
        if let body {
            request.httpMethod = "POST"
            request.httpBody = Data(body.utf8)
        }
        let (data, response) = try await URLSession.shared.data(for: request)
        let answer = try #require(response as? HTTPURLResponse)
        return (
            answer.statusCode, String(decoding: data, as: UTF8.self),
            answer.value(forHTTPHeaderField: "Content-Type") ?? ""
        )
    }
}

/// What a test shares with the hosts that it starts: a folder, its queues and its history.
struct HostWorld: Sendable {
    let folder: URL
    let broker: any MessageBroker
    let history: any RunHistory
    /// What makes a host use broker and database.
    let environment: [String: String]
    private let store: SQLiteStore

    /// Opens a folder for a body.
    ///
    /// Its hosts must have ended when the body does.
    static func run(
        _ kind: HostBroker = .sqlite, manifest: String? = nil, _ body: (HostWorld) async throws -> Void
    ) async throws {
        try await run(manifest: manifest, database: .sqlite, opening: kind.open, body)
    }

    /// Opens a folder for a body, with queues in a virtual host of RabbitMQ.
    static func run(
        onRabbitMQ url: String, database: HostDatabase = .sqlite, manifest: String,
        _ body: (HostWorld) async throws -> Void
    ) async throws {
        try await run(
            manifest: manifest, database: database, opening: { _ in try await HostBroker.open(url: url) }, body)
    }

    private static func run(
        manifest: String?, database: HostDatabase,
        opening: (SQLiteStore) async throws -> (any MessageBroker, environment: [String: String]),
        _ body: (HostWorld) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder()
        if let manifest { try Data(manifest.utf8).write(to: folder.url.appending(path: "m.yaml")) }
        let store = try SQLiteStore.open(
            folder: folder.url.appending(path: ".sluice").path, schemas: [SQLiteBroker.schema, SQLiteHistory.schema])
        let (broker, environment) = try await opening(store)
        let books = try await database.open(store, folder: folder.url)
        let world = HostWorld(
            folder: folder.url, broker: broker, history: books.history,
            environment: environment.merging(books.environment) { $1 }, store: store)
        try await body(world)
        await world.broker.close()
        await books.close()
        try store.close()
    }

    /// The embedded history as it would be written so many days ago.
    func history(daysAgo days: Double) -> any RunHistory {
        SQLiteHistory(store: store, now: { Date(timeIntervalSinceNow: -days * 86_400) })
    }

    /// A pipeline with room for so many calls at once, and calls that may take two minutes.
    static func manifest(concurrency: Int, attempts: Int = 5) -> String {
        """
        pipeline: test
        first: pii-filter
        functions:
          pii-filter: {next: rag-core, redacts: true}
          rag-core: {next: llm-connector}
          llm-connector:
            next: psql-worker
            concurrency: \(concurrency)
            attempts: \(attempts)
            timeout: 150s
            model: {provider: bedrock, region: ap-south-1, id: "meta.llama3-70b-instruct-v1:0", timeout: 120s}
          psql-worker: {}

        """
    }

    /// Gives the hosts budgets of the folder `b`, with another daily limit.
    func writeBudgets(limit: String) throws {
        try FileManager.default.copyItem(
            atPath: SluiceProcess.repository + "/budgets", toPath: folder.appending(path: "b").path)
        let file = folder.appending(path: "b/consumer-rights.yaml")
        let text = try String(contentsOf: file, encoding: .utf8)
        let changed = text.replacing("limit: \"0.50\"", with: "limit: \"\(limit)\"")
        try #require(changed != text)
        try Data(changed.utf8).write(to: file)
    }

    /// Sends questions to the first function's queue.
    func ask(_ ids: [String], headers: [String: String] = [:]) async throws {
        for id in ids { try await send(id, body: "{\"question\":\"The phone I bought is faulty. \(id)\"}", headers) }
    }

    /// Sends any message to a function's queue.
    func send(
        _ id: String, body: String, _ headers: [String: String] = [:], to queue: String = "sluice.pii-filter"
    ) async throws {
        try await broker.publish(Message(id: id, body: Data(body.utf8), headers: headers), to: queue)
    }

    /// Waits until so many questions are answered.
    func answers(reach count: Int) async throws {
        for try await _ in store.changes() where try await history.counts()[.done] ?? 0 >= count { return }
    }

    /// What a command on this folder printed.
    func sluice(_ arguments: [String]) async throws -> SluiceProcess.Ending {
        try await SluiceProcess.run(arguments, in: folder, environment: environment)
    }

    /// The one budget's amounts, in nano-dollars.
    func money() async throws -> (spent: Int64, held: Int64) {
        let ending = try await sluice(["budget", "status", "--format", "json"])
        #expect(ending.status == 0, "\(ending.errors)")
        let budget = try #require(
            try JSONDecoder().decode(BudgetJSON.self, from: Data(ending.output.utf8)).budgets.first)
        return (try #require(nanoUSD(budget.spent_usd)), try #require(nanoUSD(budget.held_usd)))
    }

    /// Whether counters and journal agree.
    func isSound() async throws -> Bool {
        let ending = try await sluice(["budget", "verify", "--format", "json"])
        return try JSONDecoder().decode(VerificationJSON.self, from: Data(ending.output.utf8)).sound
    }
}
