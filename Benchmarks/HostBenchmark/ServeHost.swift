import ArgumentParser
import Foundation
import FunctionHost
import FunctionKit
import HistorySQLite
import Logging
import RabbitMQ
import SQLite
import ServiceLifecycle
import Telemetry

/// The host that is measured: the real dispatch, history, metrics, watchdog and drain, with functions that do nothing.
struct ServeHost: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Run the measured host until SIGTERM.", shouldDisplay: false)

    /// The functions that run, and the one that does not: the queue in which questions end.
    static let functions = ["one", "two", "three", "four", "done"]

    @Option(help: "The folder of its data.")
    var data: String

    func run() async throws {
        ProcessEnd.shared.takeSignals()
        let output = LineOutput(descriptor: FileHandle.standardError.fileDescriptor)
        var logger = Logger(label: "host", factory: { _ in JSONLogHandler(output: output) })
        logger.logLevel = .warning
        let registry = MetricsRegistry()
        let broker = try await RabbitMQBroker.connect(
            RabbitMQConfiguration(
                url: ProcessInfo.processInfo.environment["AMQP_URL"] ?? "", connectionName: "benchmark"),
            logger: logger)
        let store = try SQLiteStore.open(folder: data, schemas: [SQLiteHistory.schema])
        let host = FunctionHost(
            functions: Self.registered, running: Set(Self.functions.dropLast()), broker: broker,
            history: SQLiteHistory(store: store), invoker: Invoker(metrics: registry), drainTime: .seconds(10),
            hasRoom: { _, _ in true }, metrics: registry, logger: logger)
        try await host.declareQueues()
        let group = ServiceGroup(services: host.services(logger: logger) + [Announcement()], logger: logger)
        try await ProcessEnd.shared.withOrderlyEnd(host.orderlyEnd(of: group)) { try await group.run() }
        await broker.close()
        try store.close()
    }

    private static var registered: [RegisteredFunction] {
        functions.enumerated().map { index, name in
            RegisteredFunction(
                settings: FunctionSettings(
                    name: name, next: index + 1 < functions.count ? functions[index + 1] : nil,
                    concurrency: Plan.prefetch, queueLengthMax: 100_000),
                function: AnyFunction(PassOn()))
        }
    }
}

/// Says that the host runs.
private struct Announcement: Service {
    func run() async throws {
        try FileHandle.standardOutput.write(contentsOf: Data("ready\n".utf8))
        try await gracefulShutdown()
    }
}

/// Gives what it gets.
private struct PassOn: Function {
    struct Question: Codable, Sendable {
        let n: Int
        let text: String
    }

    func invoke(_ input: Question, context: InvocationContext) async throws -> Question { input }
}
