import FoundationEssentials
import FunctionKit
import History
import Logging
import Messaging

/// Takes one delivery of one function to its end: invoked, and its outcome made durable before it is acknowledged.
///
/// Each step repeats without harm, so that a crash between two of them loses nothing: a message that was published but
/// whose input was not acknowledged is done twice, and the second time changes nothing.
struct Dispatcher: Sendable {
    /// How long a full queue or an unreachable broker is left alone before the next try.
    static let retryPause = Duration.milliseconds(200)

    let registered: RegisteredFunction
    let broker: any MessageBroker
    let history: any RunHistory
    /// By which askers' deadlines pass.
    let clock: HistoryClock
    let invoker: Invoker
    let stages: StageRecorder
    let gate: IsolationGate
    let troubles: TroubleGate
    let drain: DrainSignal
    let counts: DeliveryCounts
    let metrics: HostMetrics
    /// Whether what errors say of themselves is shown, which is on a person's own terminal alone.
    let tellsErrors: Bool
    let logger: Logger
    /// Outcomes that cannot be stored.
    private let trouble = Trouble()

    var settings: FunctionSettings { registered.settings }
    var queues: FunctionQueues { registered.queues }

    /// Deals with a delivery from the waiting queue, or from the queue of those that run alone.
    ///
    /// - Parameters:
    ///   - delivery: What was taken.
    ///   - isProbe: Whether it has to show that the host's trouble is over.
    func dispatch(_ delivery: Delivery, isProbe: Bool = false) async {
        var logger = logger
        logger[metadataKey: LogKey.questionID] = "\(delivery.message.runID)"
        metrics.inFlight(settings.name, 1)
        invoker.underWay.begin()
        defer {
            invoker.underWay.end()
            metrics.inFlight(settings.name, -1)
        }
        var headers: MessageHeaders
        do throws(MessageHeaders.Problem) {
            headers = try MessageHeaders(delivery.message.headers)
        } catch {
            let outcome = Outcome.dead(AttemptFailure(error.code))
            return await conclude(delivery, headers: MessageHeaders(), outcome: outcome, logger: logger)
        }
        let run = loneRun(of: delivery, headers: headers)
        do {
            if let run { headers.attempt += try await history.runsWithoutEnd(like: run) }
        } catch {
            logger.warning(
                "runs that ended their process cannot be counted; the message is handed back",
                metadata: [LogKey.error: "\(Self.name(of: error))"])
            return await giveBack(delivery, headers: headers)
        }
        logger[metadataKey: LogKey.attempt] = "\(headers.attempt)"
        let outcome: Outcome =
            if let problem = delivery.problem {
                .dead(AttemptFailure(problem.rawValue))
            } else if !StorableName.isOne(delivery.message.id) {
                .dead(
                    AttemptFailure(delivery.message.id.isEmpty ? MessageProblem.idMissing.rawValue : "id-unusable"))
            } else {
                await decide(on: delivery, run, headers: headers, isProbe: isProbe, logger: logger)
            }
        await conclude(delivery, headers: headers, outcome: outcome, logger: logger)
    }

    private func decide(
        on delivery: Delivery, _ run: LoneRun?, headers: MessageHeaders, isProbe: Bool, logger: Logger
    ) async -> Outcome {
        // Where the history does not say what time it is, no question is ended by a clock that may be wrong.
        if let expiresAt = headers.expiresAt, let now = try? await clock.now(), expiresAt <= now { return .expire }
        // Before the rest: what this host has just handed back may reach it once more, and has killed nobody.
        if drain.deadline != nil { return .handBack }
        if run == nil, delivery.priorDeliveries > 0 { return .isolate }
        if headers.attempt > settings.attemptsMax { return .dead(AttemptFailure("process-died")) }

        let outcome = await gate.pass(run == nil ? .shared : .alone) { () -> Outcome in
            // While the message waited at the gate the broker may have taken it away, or the drain may have begun.
            guard await broker.holds(delivery), drain.deadline == nil else { return .handBack }
            // Or the host may have got into trouble of its own.
            guard troubles.admits(isProbe: isProbe) else { return .pause }
            guard let run else { return await invoke(delivery, headers: headers, isProbe: isProbe, logger: logger) }
            return await noting(run, of: delivery) {
                await invoke(delivery, headers: headers, isProbe: isProbe, logger: logger)
            }
        }
        return outcome ?? .handBack
    }

    private func invoke(
        _ delivery: Delivery, headers: MessageHeaders, isProbe: Bool, logger: Logger
    ) async -> Outcome {
        let context = InvocationContext(
            runID: delivery.message.id, functionName: settings.name, attempt: headers.attempt,
            deadline: .now + settings.timeout, tenant: headers.tenant, trace: headers.trace.child(), logger: logger,
            drain: drain)
        let start = ContinuousClock.now
        let storing = OutputStoring()
        let ending = await invoker.invoke(function(headers, storing), delivery.message.body, context: context)
        var outcome = Outcome(
            ending, took: .now - start, costNanoUSD: context.chargedNanoUSD, tells: tellsErrors)
        // The function had done its part: that its output was not stored in time is no fault of the message's.
        if case .timedOut = ending, storing.hasBegun {
            outcome = .trouble(HostTrouble(.unavailable, code: "history-slow"))
        }
        switch outcome {
        // Before it is concluded: the queue is let go of first, so that nothing is taken that only comes back.
        case .trouble(let trouble):
            troubles.met(trouble, isProbe: isProbe, told: tellsErrors ? ending.error.map(ErrorText.told) : nil)
        // What ended without a look at model or ledger says nothing of them; a budget's or the service's no to this call does.
        case .output where settings.model == nil: troubles.succeeded()
        case .output, .park, .refuse, .dead: if context.paidCalls > 0 { troubles.succeeded() }
        default: break
        }
        return outcome
    }

    /// The function; the last one's output is none before it is stored as its run's, with what all of them paid.
    ///
    /// Stored twice it is stored once.
    private func function(_ headers: MessageHeaders, _ storing: OutputStoring) -> AnyFunction {
        guard settings.next == nil else { return registered.function }
        let (pipeline, paid) = (settings.pipeline, headers.costNanoUSD)
        return registered.function.followed { [history] output, context in
            storing.begin()
            let cost = paid.addingUpToMax(context.chargedNanoUSD)
            let end = RunEnd.done(output, pipeline: pipeline, costNanoUSD: cost)
            if try await !history.finish(id: context.runID, end) {
                context.logger.debug("the run had ended before")
            }
        }
    }

    /// The table of outcomes: what is published where, and only then acknowledged.
    private func conclude(_ delivery: Delivery, headers: MessageHeaders, outcome: Outcome, logger: Logger) async {
        // What the broker has taken away is delivered again, and that delivery meets what this one has stored. Published
        // here too, there would be two of it from now on, and four after the next lost connection.
        guard await broker.holds(delivery) else { return }
        let id = delivery.message.runID
        do {
            switch outcome {
            case .output(let output, let took, let costNanoUSD):
                let paid = headers.costNanoUSD.addingUpToMax(costNanoUSD)
                stages.record(
                    StageRun(
                        runID: id, function: settings.name, attempt: headers.attempt,
                        milliseconds: took / .milliseconds(1)))
                if let next = settings.next {
                    var onward = MessageHeaders(trace: headers.trace)
                    onward.tenant = headers.tenant
                    onward.expiresAt = headers.expiresAt
                    onward.costNanoUSD = paid
                    let message = Message(id: id, body: output, headers: onward.texts)
                    try await publishWhenThereIsRoom(message, to: FunctionQueues(function: next).waiting)
                }
            case .retry(let failure) where headers.attempt >= settings.attemptsMax:
                try await bury(delivery, headers: headers, failure)
            case .retry(let failure):
                var again = failed(headers, failure)
                again.attempt += 1
                var generator = SystemRandomNumberGenerator()
                let delay = settings.backoff.delay(afterAttempt: headers.attempt, using: &generator)
                try await publishAgain(delivery, again, after: delay)
            case .dead(let failure):
                try await bury(delivery, headers: headers, failure)
            case .pause, .trouble:
                try await publishAgain(delivery, headers, after: FunctionQueues.pause)
            case .handBack where delivery.queue == queues.alone:
                // Published anew rather than handed back, which would wear it out at the broker.
                try await republish(delivery, headers, to: queues.alone)
            case .handBack:
                try await broker.handBack(delivery)
                note(outcome)
                return
            case .park(let refusal, let opensAt):
                var parked = headers
                parked.budget = refusal.budget
                parked.needed = refusal.neededNanoUSD
                parked.opensAt = opensAt
                await noteWaiting(id, refusal, until: opensAt, logger)
                try await republish(delivery, parked, to: queues.parked)
            case .refuse(let refusal):
                // No turn of the budget opens a model that has cost too much.
                let isBreached = refusal.cause == .breached
                let reason = isBreached ? RunRecord.breached : RunRecord.noRoom
                try await finish(
                    id, headers,
                    .without(
                        .refused, reason: reason, opensAt: isBreached ? nil : refusal.opensAt,
                        explanation: refusal.explanation), paid: refusal.chargedNanoUSD)
            case .expire:
                try await finish(id, headers, .without(.expired, reason: "expired"))
            case .isolate:
                try await republish(delivery, headers, to: queues.alone)
            }
            try await broker.acknowledge(delivery)
            note(outcome)
            outcome.log(to: logger)
            if trouble.ends() { logger.notice("outcomes are stored again") }
        } catch BrokerError.staleDelivery {
            // Taken away in this very moment.
        } catch BrokerError.invalidMessage(let reason) where !outcome.isDead {
            // No broker will ever carry it: the same work would end here again and again.
            logger.error("outcome can never be published", metadata: [LogKey.error: "\(reason)"])
            let code = if case .output = outcome { "output-too-large" } else { "message-too-large" }
            await conclude(delivery, headers: headers, outcome: .dead(AttemptFailure(code)), logger: logger)
        } catch {
            // Once: each message meets it again and again.
            logger.log(
                level: trouble.begins() ? .warning : .debug, "outcome could not be stored; the message is handed back",
                metadata: [LogKey.outcome: "\(outcome.name)", LogKey.error: "\(Self.name(of: error))"])
            await giveBack(delivery, headers: headers)
        }
    }

    /// Lets the asker see that the question waits.
    ///
    /// It does so whether the history hears of it or not: a history that is away must not send it round in circles.
    private func noteWaiting(
        _ id: String, _ refusal: BudgetRefusal, until opensAt: Date, _ logger: Logger
    ) async {
        do {
            try await history.noteWaiting(id: id, until: opensAt, explanation: refusal.explanation)
        } catch {
            logger.warning(
                "that a question waits could not be noted", metadata: [LogKey.error: "\(Self.name(of: error))"])
        }
    }

    /// The question to its final state, so that no asker waits for ever, and to the dead-letter queue.
    ///
    /// In this order: while the history is away nothing is buried, again and again, and what a person replays has failed
    /// before it is opened again.
    private func bury(_ delivery: Delivery, headers: MessageHeaders, _ failure: AttemptFailure) async throws {
        var message = delivery.message
        var dead = failed(headers, failure)
        dead.hasEnded = true
        message.headers = dead.texts(beside: message.headers)
        if (try? MessageHeaders(delivery.message.headers)) == nil {
            // Another version's headers stay as they are, so that a host of that version can still replay the message.
            message.headers.merge(delivery.message.headers) { _, theirs in theirs }
        }
        try await finish(
            message.runID, headers,
            .without(
                .failed, reason: failure.code,
                explanation: failure.explanation.map { "`\(settings.name)` failed: \($0)" }),
            paid: failure.chargedNanoUSD)
        do throws(BrokerError) {
            try await broker.publish(message, to: queues.dead)
        } catch {
            guard case .invalidMessage = error else { throw error }
            // What came with it leaves no room for the reason.
            message.headers = dead.texts
            message.origin = nil
            try await broker.publish(message, to: queues.dead)
        }
    }

    /// Gives a run its final state without an output; one that the history can never keep holds up no message.
    private func finish(
        _ id: String, _ headers: MessageHeaders, _ end: RunEnd, paid costNanoUSD: Int64 = 0
    ) async throws {
        var end = end
        end.pipeline = settings.pipeline
        end.costNanoUSD = headers.costNanoUSD.addingUpToMax(costNanoUSD)
        do {
            _ = try await history.finish(id: id, end)
        } catch let error as any DispositionProviding where error.disposition == .deadLetter {
            logger.error(
                "a final state can never be stored",
                metadata: [LogKey.questionID: "\(id)", LogKey.error: "\(error.code)"])
        }
    }

    private func failed(_ headers: MessageHeaders, _ failure: AttemptFailure) -> MessageHeaders {
        var headers = headers
        headers.errorCode = failure.code
        headers.errorExplanation = failure.explanation
        headers.failedFunction = settings.name
        headers.failedAt = Date.now
        return headers
    }

    private func republish(
        _ delivery: Delivery, _ headers: MessageHeaders, to queue: String, after delay: Duration = .zero
    ) async throws {
        var message = delivery.message
        message.headers = headers.texts(beside: message.headers)
        try await broker.publish(message, to: queue, after: delay)
    }

    /// Back to the waiting queue after a wait; where that is full, to the queue of those that run alone.
    ///
    /// The message was accepted before and must stay somewhere, and to wait for room in the queue that it occupies
    /// itself could take for ever.
    private func publishAgain(_ delivery: Delivery, _ headers: MessageHeaders, after delay: Duration) async throws {
        do {
            try await republish(delivery, headers, to: queues.waiting, after: delay)
        } catch BrokerError.queueFull {
            try await republish(delivery, headers, to: queues.alone, after: delay)
        }
    }

    /// Waits while the next function's queue is full: the finished work stays in hand instead of being done again.
    private func publishWhenThereIsRoom(_ message: Message, to queue: String) async throws {
        while true {
            do {
                return try await broker.publish(message, to: queue)
            } catch BrokerError.queueFull where drain.deadline == nil {
                try await Task.sleep(for: Self.retryPause)
            }
        }
    }

    /// Gives a delivery back whose outcome could not be stored, as soon as the broker takes it.
    private func giveBack(_ delivery: Delivery, headers: MessageHeaders) async {
        // What stopped the outcome is likely still there: it must not be met again at full speed.
        if drain.deadline == nil { try? await Task.sleep(for: Self.retryPause) }
        // The broker may have taken it away already; then it is delivered again.
        while await broker.holds(delivery) {
            do {
                // Handed back where messages run alone, it would be worn out at the broker.
                if delivery.queue == queues.alone, (try? MessageHeaders(delivery.message.headers)) != nil,
                    (try? await republish(delivery, headers, to: queues.alone)) != nil
                {
                    try await broker.acknowledge(delivery)
                } else {
                    try await broker.handBack(delivery)
                }
                return note(.handBack)
            } catch .staleDelivery {
                return
            } catch {
                // When the host ends, the broker's close gives back all that is in hand.
                guard drain.deadline == nil, (try? await Task.sleep(for: Self.retryPause)) != nil else { return }
            }
        }
    }

    private func note(_ outcome: Outcome) {
        counts.add(outcome.givesBack ? \.handedBack : \.finished)
        metrics.delivery(settings.name, outcome: outcome.name)
    }

    /// The kind of an error; its text may hold what must not be logged.
    static func name(of error: any Error) -> String {
        switch error {
        case let error as BrokerError: error.description
        case let error as any DispositionProviding: error.code
        default: "\(type(of: error))"
        }
    }
}

extension Outcome {
    /// Whether the message is buried, whatever attempts are left.
    fileprivate var isDead: Bool {
        if case .dead = self { true } else { false }
    }

    /// Whether the message is left to a later invocation with nothing done.
    fileprivate var givesBack: Bool {
        switch self {
        case .handBack, .pause, .trouble: true
        default: false
        }
    }
}
