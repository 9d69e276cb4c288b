import FunctionHost
import FunctionKit
import Glibc
import History
import HistorySQLite
import Logging
import Messaging
import MessagingSQLite
import RabbitMQ
import SQLite
import ServiceLifecycle
import Telemetry

/// A host of its own on a folder of queues, with one function that does what its message says.
///
///     HostCrashHelper FOLDER ATTEMPTS PATIENCE_MS [BROKER_URL]
///
/// It logs to standard output. The queues are in the folder, or in RabbitMQ where a URL is given. It ends with 0 after SIGTERM and a drain, and with 1 by its watchdog.
@main
struct HostCrashHelper {
    static func main() async throws {
        ProcessEnd.shared.takeSignals()
        let arguments = CommandLine.arguments
        guard arguments.count >= 4, let attempts = Int(arguments[2]), let patience = Int(arguments[3]) else { exit(64) }
        let store = try SQLiteStore.open(folder: arguments[1], schemas: [SQLiteBroker.schema, SQLiteHistory.schema])
        let history = SQLiteHistory(store: store)
        let invoker = Invoker()
        let logger = Logger(label: "host", factory: { _ in JSONLogHandler(output: .standardOutput) })
        let broker: any MessageBroker =
            if arguments.count == 5 {
                try await RabbitMQBroker.connect(
                    RabbitMQConfiguration(url: arguments[4], connectionName: "helper"), logger: logger)
            } else {
                try SQLiteBroker(store: store)
            }
        let settings = FunctionSettings(
            name: "work", timeout: .milliseconds(300), attemptsMax: attempts,
            backoff: Backoff(first: .milliseconds(10), factor: 1, longest: .milliseconds(10)))
        let host = FunctionHost(
            functions: [RegisteredFunction(settings: settings, function: AnyFunction(Work()))],
            broker: broker, history: history, invoker: invoker, drainTime: .seconds(5), hasRoom: { _, _ in true },
            logger: logger)
        // As `sluice host` runs them.
        let group = ServiceGroup(
            services: host.services(
                watchdogPatience: .milliseconds(patience),
                flushLog: { LineOutput.flushStandard(within: ProcessEnd.wordsMax) }, logger: logger), logger: logger)
        try await ProcessEnd.shared.withOrderlyEnd(host.orderlyEnd(of: group)) { try await group.run() }
        await broker.close()
    }
}

/// Answers, fails, waits or dies, as it is told.
struct Work: Function {
    struct Input: Decodable, Sendable {
        let action: String
    }

    struct Output: Encodable, Sendable {}

    struct Failure: Error {}

    func invoke(_ input: Input, context: InvocationContext) async throws -> Output {
        switch input.action {
        case "throw": throw Failure()
        case "wait": await withCheckedContinuation { (_: CheckedContinuation<Void, Never>) in }
        case "spin": while true {}
        // More than the log holds for its reader.
        case "talk":
            for _ in 0..<40 { LineOutput.standardOutput.write(String(repeating: "x", count: 65_536)) }
        case "kill": kill(getpid(), SIGKILL)
        default: break
        }
        return Output()
    }
}
