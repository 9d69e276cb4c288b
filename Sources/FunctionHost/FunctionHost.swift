package import FunctionKit
package import History
package import Logging
package import Messaging
import ServiceLifecycle

/// Runs functions on their queues until it is told to end, and then ends without losing anything.
///
/// On graceful shutdown it takes no more deliveries, starts nothing new, lets invocations under way finish until the
/// drain's deadline, gives back the rest and returns.
package struct FunctionHost: Service {
    /// How a host ended, for the log and for tests.
    package struct DrainReport: Sendable, Hashable {
        /// Deliveries that were dealt with since the host started.
        package var finished: Int
        /// Deliveries that were given back since the host started.
        package var handedBack: Int
        /// How long the drain took.
        package var took: Duration
    }

    /// Tells invocations that the host drains.
    package let drain = DrainSignal()
    /// What was done with deliveries.
    package let counts = DeliveryCounts()
    /// Runs the invocations, also those at the door.
    package let invoker: Invoker

    private let functions: [RegisteredFunction]
    private let broker: any MessageBroker
    private let history: SQLiteHistory
    private let drainTime: Duration
    private let hasRoom: RoomCheck
    private let onDrained: @Sendable (DrainReport) -> Void
    private let logger: Logger

    /// Makes a host; nothing runs before ``run()``.
    ///
    /// - Parameters:
    ///   - functions: The functions to run, in any order.
    ///   - broker: Holds their queues. Closed by its owner, after the host has ended.
    ///   - history: Where final states go.
    ///   - invoker: Shared with the door.
    ///   - drainTime: How long invocations under way may take to finish on shutdown.
    ///   - hasRoom: Asked for messages that are parked until their budget has room.
    ///   - logger: Gets one line a step.
    ///   - onDrained: Told at the end.
    package init(
        functions: [RegisteredFunction], broker: any MessageBroker, history: SQLiteHistory, invoker: Invoker,
        drainTime: Duration, hasRoom: @escaping RoomCheck, logger: Logger,
        onDrained: @escaping @Sendable (DrainReport) -> Void = { _ in }
    ) {
        self.functions = functions
        self.broker = broker
        self.history = history
        self.invoker = invoker
        self.drainTime = drainTime
        self.hasRoom = hasRoom
        self.logger = logger
        self.onDrained = onDrained
    }

    /// Makes the queues that the functions need; call it before the first question is accepted.
    package func declareQueues() async throws(BrokerError) {
        try await broker.declare(functions.flatMap { FunctionQueues.specifications(for: $0.settings) })
    }

    /// Runs until graceful shutdown or cancellation.
    ///
    /// - Throws: ``BrokerError`` where the queues cannot be consumed at start.
    package func run() async throws {
        try await declareQueues()
        logger.info("host started", metadata: [LogKey.count: "\(functions.count)"])
        let gate = IsolationGate()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await cutShortWhenDue() }
            try await withThrowingDiscardingTaskGroup { workers in
                for function in functions { addWorkers(for: function, gate: gate, to: &workers) }
                workers.addTask { await Sweeper(history: history, logger: logger).run() }
            }
            // All workers have ended: the drain is over, or the host was cancelled.
            group.cancelAll()
        }
        let start = drain.deadline.map { $0 - drainTime } ?? .now
        await invoker.waitForAll(until: drain.deadline ?? .now)
        let counts = counts.counts
        let report = DrainReport(finished: counts.finished, handedBack: counts.handedBack, took: .now - start)
        logger.info(
            "host drained",
            metadata: [
                "drain.finished": "\(report.finished)", "drain.handed_back": "\(report.handedBack)",
                LogKey.milliseconds: "\(Int(report.took / .milliseconds(1)))",
            ])
        onDrained(report)
    }

    /// Ends the drain now: what is under way is given back.
    package func cutShort() {
        drain.begin(until: .now)
        invoker.cutShort()
    }

    private func addWorkers(
        for function: RegisteredFunction, gate: IsolationGate,
        to workers: inout ThrowingDiscardingTaskGroup<any Error>
    ) {
        var logger = logger
        logger[metadataKey: LogKey.functionName] = "\(function.settings.name)"
        let dispatcher = Dispatcher(
            registered: function, broker: broker, history: history, invoker: invoker, gate: gate, drain: drain,
            counts: counts, logger: logger)
        let waiting = Worker(
            queue: function.queues.waiting, prefetch: function.settings.concurrency, broker: broker,
            dispatcher: dispatcher)
        // One at a time: when the process dies, only the message that ran alone was out.
        let alone = Worker(queue: function.queues.alone, prefetch: 1, broker: broker, dispatcher: dispatcher)
        let parking = Parking(queues: function.queues, broker: broker, hasRoom: hasRoom, logger: logger)
        workers.addTask { try await waiting.run() }
        workers.addTask { try await alone.run() }
        workers.addTask { await parking.run() }
    }

    /// Starts the drain on graceful shutdown and ends it at its deadline.
    private func cutShortWhenDue() async {
        await withGracefulShutdownHandler {
            try? await gracefulShutdown()
            guard let deadline = drain.deadline, !Task.isCancelled else { return }
            try? await Task.sleep(until: deadline, clock: .continuous)
            if !Task.isCancelled { invoker.cutShort() }
        } onGracefulShutdown: {
            drain.begin(until: .now + drainTime)
        }
    }
}
