import Foundation
import FunctionHost
import Logging
import RabbitMQ
import RabbitMQServer

/// What one contender did in one round.
struct Figures {
    /// Questions a second through all four workers, as fast as they go.
    var rate = 0.0
    /// Milliseconds from publish to arrival behind the last worker, at ``Plan/rate`` a second.
    var p50 = 0.0
    var p99 = 0.0
    /// Seconds of processor time of all workers for 1,000 questions of the burst.
    var processor = 0.0
    /// The same of the broker.
    var brokerProcessor = 0.0
    /// Resident memory of all workers after all that, in MB.
    var memory = 0.0
}

/// A broker with queues, and workers on them for as long as they are measured.
struct Bench {
    private let python: String
    private let server: RabbitMQServer
    private let environment: [String: String]
    private let driver: String

    init(python: String) async throws {
        self.python = python
        server = try await RabbitMQServer()
        environment = ["AMQP_URL": server.url(vhost: try await server.newVhost()), "PATH": "/usr/bin:/bin"]
        driver = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "BareAMQP").path
    }

    /// Measures one contender, from the start of its workers to their end.
    func measure(_ contender: Contender, _ plan: Plan) throws -> Figures {
        let folder = FileManager.default.temporaryDirectory.appending(path: "sluice-benchmark-\(UUID().uuidString)")
        // What stays in a temporary folder harms nobody.
        defer { try? FileManager.default.removeItem(at: folder) }
        // The host makes the queues, so it is started first of all, also for the others.
        var workers = [try startHost(folder)]
        if contender != .sluice {
            workers[0].end()
            workers = try (0..<4).map { try start(contender, number: $0) }
        }
        defer { for worker in workers { worker.end() } }
        return try measure(workers, plan)
    }

    private func measure(_ workers: [WorkerProcess], _ plan: Plan) throws -> Figures {
        _ = try drive(plan.warmUp, rate: 0)
        var figures = Figures()
        let pids = workers.map(\.pid)
        let processor = pids.map(ProcessFigures.processorSeconds).reduce(0, +)
        let brokerProcessor = ProcessFigures.processorSeconds(server.processID)
        figures.rate = Double(plan.burst) / (try drive(plan.burst, rate: 0)[0])
        let thousands = Double(plan.burst) / 1000
        figures.processor = (pids.map(ProcessFigures.processorSeconds).reduce(0, +) - processor) / thousands
        figures.brokerProcessor = (ProcessFigures.processorSeconds(server.processID) - brokerProcessor) / thousands
        let paced = try drive(plan.paced, rate: Plan.rate)
        (figures.p50, figures.p99) = (paced[1], paced[2])
        figures.memory = pids.map(ProcessFigures.residentMegabytes).reduce(0, +)
        return figures
    }

    private func startHost(_ folder: URL) throws -> WorkerProcess {
        let host = try WorkerProcess(
            CommandLine.arguments[0], ["serve", "--data", folder.path], environment: environment)
        guard host.firstLine().hasPrefix("ready") else {
            throw WorkerProcess.Failed(description: "the host did not start; its errors are above")
        }
        return host
    }

    private func start(_ contender: Contender, number: Int) throws -> WorkerProcess {
        let queues = ServeHost.functions[number...(number + 1)].map { FunctionQueues(function: $0).waiting }
        let arguments = queues + ["\(Plan.prefetch)"]
        return contender == .pika
            ? try WorkerProcess(python, ["-c", Contender.pikaWorker] + arguments, environment: environment)
            : try WorkerProcess(driver, ["relay"] + arguments, environment: environment)
    }

    /// Asks questions and waits for all: seconds, and the latency's percentiles.
    private func drive(_ count: Int, rate: Int) throws -> [Double] {
        let ends = [ServeHost.functions[0], ServeHost.functions[4]].map { FunctionQueues(function: $0).waiting }
        let driver = try WorkerProcess(
            driver, ["drive"] + ends + ["\(count)", "\(rate)", "\(Plan.bodyBytes)"], environment: environment)
        let numbers = try driver.result().split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
        guard numbers.count == 3 else { throw WorkerProcess.Failed(description: "the driver printed no figures") }
        return numbers
    }
}
