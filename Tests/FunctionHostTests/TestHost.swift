import FoundationEssentials
import FunctionHost
import FunctionKit
import History
import HistorySQLite
import Logging
import Messaging
import SQLite
import ServiceLifecycleTestKit
import Synchronization

/// A function that a closure is.
struct Scripted: Function {
    struct Input: Codable, Sendable {
        var text: String
    }

    let body: @Sendable (Input, InvocationContext) async throws -> Input

    func invoke(_ input: Input, context: InvocationContext) async throws -> Input { try await body(input, context) }
}

/// An error without a disposition.
struct Glitch: Error {}

/// An error with one.
struct Told: DispositionProviding {
    let disposition: Disposition
    var code: String { "told" }
}

/// A host on queues and a history in memory, with short waits.
struct TestHost: Sendable {
    static let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    let broker: ObservedBroker
    let history: any RunHistory
    private let store: SQLiteStore
    let invoker: Invoker
    let functions: [RegisteredFunction]
    let host: FunctionHost
    let report = SetOnce<DrainReport>()

    init(
        _ functions: [RegisteredFunction], drainTime: Duration = .seconds(20),
        hasRoom: @escaping RoomCheck = { _, _ in true }, problems: [String: MessageProblem] = [:],
        buriesByItself: Bool = false, historyBefore: (any RunHistory) -> any RunHistory = { $0 }
    ) throws {
        broker = ObservedBroker(problems: problems, buriesByItself: buriesByItself)
        store = try SQLiteStore.inMemory(schemas: [SQLiteHistory.schema])
        history = historyBefore(SQLiteHistory(store: store))
        invoker = Invoker()
        self.functions = functions
        host = FunctionHost(
            functions: functions, broker: broker, history: history, invoker: invoker, drainTime: drainTime,
            hasRoom: hasRoom, logger: Self.logger, onDrained: { [report] in report.set($0) })
    }

    /// A door to the host's functions, which notes questions in its history or in another.
    func door(history: (any RunHistory)? = nil) -> FrontDoor {
        let history = history ?? self.history
        return FrontDoor(
            pipeline: functions, broker: broker, history: history,
            notes: AcceptanceNotes(
                history: history, drain: host.drain, underWay: invoker.underWay, logger: Self.logger),
            invoker: invoker, drain: host.drain, logger: Self.logger)
    }

    /// Runs the host while `body` runs, and drains it then; `body` may trigger the drain itself.
    func run(_ body: @Sendable (GracefulShutdownTestTrigger) async throws -> Void) async throws {
        try await host.declareQueues()
        try await testGracefulShutdown { trigger in
            async let running: Void = host.run()
            do {
                try await body(trigger)
            } catch {
                trigger.triggerGracefulShutdown()
                try await running
                throw error
            }
            trigger.triggerGracefulShutdown()
            try await running
        }
    }

    /// Publishes `{"text": text}` to a function's queue.
    func send(
        _ id: String, text: String = "hello", to function: String = "work", headers: MessageHeaders = MessageHeaders(),
        alone: Bool = false
    ) async throws {
        let queues = FunctionQueues(function: function)
        try await broker.publish(
            Message(id: id, body: Data(#"{"text":"\#(text)"}"#.utf8), headers: headers.texts),
            to: alone ? queues.alone : queues.waiting)
    }

    /// Waits until so many runs began and did not end.
    func runsWithoutEnd(like run: LoneRun, reach count: Int) async throws {
        for try await _ in store.changes() where try await history.runsWithoutEnd(like: run) == count { return }
    }

    /// Lets the history take nothing any more.
    func loseHistory() throws { try store.close() }

    /// Delivers a message and gives it back, as a process does that dies.
    func deliverAndLose(from queue: String, times: Int = 1) async throws {
        for _ in 0..<times {
            var stream = try await broker.consume(queue, prefetch: 1).makeAsyncIterator()
            if let delivery = try await stream.next() { try await broker.handBack(delivery) }
        }
    }
}

/// A value that is set once.
final class SetOnce<Value: Sendable>: Sendable {
    private let state = Mutex<Value?>(nil)

    var value: Value? { state.withLock { $0 } }

    func set(_ value: Value) { state.withLock { $0 = value } }
}

/// A function of the pipeline with short waits.
func registered(
    _ name: String = "work", next: String? = nil, redacts: Bool = false, concurrency: Int = 4,
    timeout: Duration = .seconds(20), attempts: Int = 3, queueLength: Int = 1000,
    _ body: @escaping @Sendable (Scripted.Input, InvocationContext) async throws -> Scripted.Input = { input, _ in input
    }
) -> RegisteredFunction {
    RegisteredFunction(
        settings: FunctionSettings(
            name: name, next: next, redacts: redacts, concurrency: concurrency, timeout: timeout,
            attemptsMax: attempts,
            backoff: Backoff(first: .milliseconds(20), factor: 1, longest: .milliseconds(20)),
            queueLengthMax: queueLength),
        function: AnyFunction(Scripted(body: body)))
}
