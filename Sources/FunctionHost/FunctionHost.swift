package import CoreMetrics
package import FunctionKit
package import History
package import Logging
package import Messaging
package import ServiceLifecycle
import Waiting

/// Runs functions on their queues until it is told to end, and then ends without losing anything.
///
/// On graceful shutdown it takes no more deliveries, starts nothing new, lets invocations under way finish until the
/// drain's deadline, gives back the rest and returns.
package struct FunctionHost: Service {
    /// Tells invocations that the host drains.
    package let drain = DrainSignal()
    /// What was done with deliveries.
    package let counts = DeliveryCounts()
    /// Runs the invocations, also those at the door.
    package let invoker: Invoker

    private let functions: [RegisteredFunction]
    private let running: [RegisteredFunction]
    private let broker: any MessageBroker
    private let history: any RunHistory
    private let clock: HistoryClock
    private let drainTime: Duration
    private let historyKept: Duration?
    private let hasRoom: RoomCheck
    private let reservationsReleased: @Sendable () -> Int
    private let onDrained: @Sendable (DrainReport) -> Void
    private let metrics: HostMetrics
    private let tellsErrors: Bool
    private let logger: Logger
    private let gate = IsolationGate()
    /// One for each function that runs.
    private let troubleGates: [String: TroubleGate]
    private let drainStart = DrainStart()

    /// How long invocations that were cut off may take to settle what they paid for.
    ///
    /// A little less than until the process itself is cut off.
    private static let graceAfterCut = ProcessEnd.grace - .milliseconds(50)
    /// How long a broker that is away is left alone before its queues are asked for again.
    private static let declarePause = Duration.milliseconds(500)
    /// How long nothing has to be under way before whatever else keeps a draining process is cut off.
    private static let quietTime = Duration.milliseconds(500)

    /// Makes a host; nothing runs before ``run()``.
    ///
    /// - Parameters:
    ///   - functions: All functions of the pipeline, whose queues are declared, in any order.
    ///   - running: The names of those to run; nil for all.
    ///   - broker: Holds their queues. Closed by its owner, after the host has ended.
    ///   - history: Where final states go.
    ///   - invoker: Shared with the door.
    ///   - drainTime: How long invocations under way may take to finish on shutdown.
    ///   - historyKept: How long questions are kept after their final state; nil for ever.
    ///   - hasRoom: Asked for messages that are parked until their budget has room.
    ///   - reservationsReleased: How many reservations were released unused since the process started.
    ///   - metrics: Gets what is done with deliveries.
    ///   - tellsErrors: Whether what errors say of themselves is logged: where a person watches, and nowhere else.
    ///   - logger: Gets one line a step.
    ///   - onDrained: Told at the end.
    package init(
        functions: [RegisteredFunction], running: Set<String>? = nil, broker: any MessageBroker,
        history: any RunHistory, invoker: Invoker, drainTime: Duration, historyKept: Duration? = nil,
        hasRoom: @escaping RoomCheck,
        reservationsReleased: @escaping @Sendable () -> Int = { 0 },
        metrics: any MetricsFactory = NOOPMetricsHandler.instance, tellsErrors: Bool = false, logger: Logger,
        onDrained: @escaping @Sendable (DrainReport) -> Void = { _ in }
    ) {
        self.functions = functions
        self.running = functions.filter { running?.contains($0.settings.name) ?? true }
        self.broker = broker
        self.history = history
        clock = HistoryClock(history)
        self.invoker = invoker
        self.drainTime = drainTime
        self.historyKept = historyKept
        self.hasRoom = hasRoom
        self.reservationsReleased = reservationsReleased
        self.tellsErrors = tellsErrors
        self.logger = logger
        self.onDrained = onDrained
        let metrics = HostMetrics(factory: metrics)
        self.metrics = metrics
        troubleGates = Dictionary(
            self.running.map { function in
                let name = function.settings.name
                var logger = logger
                logger[metadataKey: LogKey.functionName] = "\(name)"
                return (name, TroubleGate(function: name, metrics: metrics, logger: logger))
            }, uniquingKeysWith: { first, _ in first })
    }

    /// What the host itself is in trouble with, by function; empty while all is well.
    package var troubles: [String: HostTrouble] { troubleGates.compactMapValues(\.trouble) }

    /// Makes the queues that the functions need; call it before the first question is accepted.
    ///
    /// - Parameter patience: How long a broker is waited for that has gone away since it was connected to.
    /// - Throws: ``BrokerError`` where it does not give the queues, or is away for longer.
    package func declareQueues(patience: Duration = .zero) async throws(BrokerError) {
        try await Deadline(after: patience, by: .continuous).asking(every: Self.declarePause) { (error: BrokerError) in
            if case .unavailable = error { true } else { false }
        } _: { () async throws(BrokerError) in
            try await broker.declare(functions.flatMap { FunctionQueues.specifications(for: $0.settings) })
        }
    }

    /// Makes the queues as soon as the broker is there, which may be away again since it was connected to.
    private func declareQueuesAgain() async throws {
        try await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do throws(BrokerError) {
                    return try await declareQueues()
                } catch .unavailable {
                    // No event tells that it is back.
                    try? await Task.sleep(for: Self.declarePause)
                }
            }
        }
    }

    /// Runs until graceful shutdown or cancellation.
    ///
    /// - Throws: ``BrokerError`` where the broker does not give the queues at start; one that is away is waited for.
    package func run() async throws {
        try await declareQueuesAgain()
        metrics.draining(false)
        for function in running { metrics.inTrouble(function.settings.name, false) }
        logger.info(
            "host started",
            metadata: [LogKey.functions: .array(running.map { "\($0.settings.name)" })])
        let stages = StageRecorder(history: history, logger: logger)
        try await withThrowingDiscardingTaskGroup { recording in
            recording.addTask { await stages.run() }
            defer { stages.finish() }
            try await work(stages)
        }
        // What was cut off is given a moment to say what became of its call.
        await invoker.waitForAll(until: max(drain.deadline ?? .now, .now + Self.graceAfterCut))
        report(isCut: false)
    }

    private func work(_ stages: StageRecorder) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await cutShortWhenDue() }
            try await withThrowingDiscardingTaskGroup { workers in
                for function in running { addWorkers(for: function, stages, to: &workers) }
                // Of all functions: a letter's run is ended by whichever host sees it.
                for function in functions {
                    let watch = DeadLetterWatch(
                        queue: function.queues.dead, broker: broker, history: history, logger: logger)
                    workers.addTask { await watch.run() }
                }
                workers.addTask { await Sweeper(history: history, kept: historyKept, logger: logger).run() }
            }
            // All workers have ended: the drain is over, or the host was cancelled.
            group.cancelAll()
        }
    }

    /// Says how the drain went, once, in one line and in the metrics.
    private func report(isCut: Bool) {
        guard let start = drainStart.end() else { return }
        let counts = counts.counts
        let report = DrainReport(
            finished: counts.finished - start.counts.finished,
            handedBack: counts.handedBack - start.counts.handedBack,
            reservationsReleased: reservationsReleased() - start.reservationsReleased, took: .now - start.instant)
        let seconds = (report.took / .milliseconds(1)).rounded() / 1000
        var metadata: Logger.Metadata = [
            LogKey.drainFinished: .stringConvertible(report.finished),
            LogKey.drainHandedBack: .stringConvertible(report.handedBack),
            LogKey.drainReleased: .stringConvertible(report.reservationsReleased),
            LogKey.drainSeconds: .stringConvertible(seconds),
        ]
        if isCut { metadata[LogKey.drainCut] = .stringConvertible(true) }
        logger.notice("host drained", metadata: metadata)
        metrics.drained(report)
        onDrained(report)
    }

    /// The host and what watches over it, in the order in which a service group starts them.
    ///
    /// - Parameters:
    ///   - patience: How long no task may get a thread before the process counts as stuck.
    ///   - flushLog: Waits for the log's lines for a moment, before a stuck process ends.
    ///   - logger: Says why a stuck process ends.
    /// - Returns: Services of which the last must be shut down first.
    package func services(
        watchdogPatience patience: Duration = .seconds(10), flushLog: @escaping @Sendable () -> Void = {},
        logger: Logger
    ) -> [any Service] {
        let watchdog = Watchdog(
            patience: patience, leftBehind: { [invoker] in invoker.leftBehind }, flushLog: flushLog, logger: logger)
        return [watchdog, self]
    }

    /// How the process ends in which a group runs the host.
    ///
    /// - Parameters:
    ///   - group: Has the host's services among its own.
    ///   - status: The exit status of a process that was cut off.
    ///   - isCutWhenQuiet: Whether the process is cut off as soon as nothing of the host's is under way; otherwise whatever
    ///     the process does has the drain's time.
    ///   - lastWords: Said before a cut, after the host's own.
    /// - Returns: An end that takes as long as the drain may.
    package func orderlyEnd(
        of group: ServiceGroup, statusWhenCut status: Int32 = 0, isCutWhenQuiet: Bool = false,
        lastWords: @escaping @Sendable () -> Void = {}
    ) -> OrderlyEnd {
        var end = OrderlyEnd(patience: drainTime, statusWhenCut: status) {
            // From this moment on, even where no task gets a thread.
            beginDrain(until: .now + drainTime)
            // Awaited by nobody: what does not come to an end is cut off.
            Task { await group.triggerGracefulShutdown() }
        } hurry: {
            cutShort()
        } lastWords: {
            report(isCut: true)
            lastWords()
        }
        if isCutWhenQuiet { end.untilQuiet = { [invoker] in await invoker.underWay.untilQuiet(for: Self.quietTime) } }
        return end
    }

    /// Ends the drain now: what is under way is given back.
    package func cutShort() {
        beginDrain(until: .now)
        invoker.cutShort()
    }

    private func beginDrain(until deadline: ProcessClock.Instant) {
        drain.begin(until: deadline)
        gate.close()
        for gate in troubleGates.values { gate.close() }
        let isFirst = drainStart.begin(
            DrainStart.Mark(instant: .now, counts: counts.counts, reservationsReleased: reservationsReleased()))
        guard isFirst else { return }
        metrics.draining(true)
        logger.notice("host drains")
    }

    private func addWorkers(
        for function: RegisteredFunction, _ stages: StageRecorder,
        to workers: inout ThrowingDiscardingTaskGroup<any Error>
    ) {
        guard let troubles = troubleGates[function.settings.name] else { return }
        var logger = logger
        logger[metadataKey: LogKey.functionName] = "\(function.settings.name)"
        let dispatcher = Dispatcher(
            registered: function, broker: broker, history: history, clock: clock, invoker: invoker, stages: stages,
            gate: gate, troubles: troubles, drain: drain, counts: counts, metrics: metrics,
            tellsErrors: tellsErrors, logger: logger)
        let waiting = Worker(
            queue: function.queues.waiting, prefetch: function.settings.concurrency, broker: broker,
            dispatcher: dispatcher)
        // One at a time: when the process dies, only the message that ran alone was out.
        let alone = Worker(queue: function.queues.alone, prefetch: 1, broker: broker, dispatcher: dispatcher)
        let parking = Parking(
            queues: function.queues, broker: broker, history: history, hasRoom: hasRoom, logger: logger)
        workers.addTask { try await waiting.run() }
        workers.addTask { try await alone.run() }
        workers.addTask { await parking.run() }
    }

    /// Starts the drain on graceful shutdown and ends it at its deadline.
    private func cutShortWhenDue() async {
        await withGracefulShutdownHandler {
            try? await gracefulShutdown()
            guard let deadline = drain.deadline, !Task.isCancelled else { return }
            try? await Task.sleep(until: deadline, clock: .process)
            if !Task.isCancelled { invoker.cutShort() }
        } onGracefulShutdown: {
            beginDrain(until: .now + drainTime)
        }
    }
}
