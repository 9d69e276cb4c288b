package import CoreMetrics
package import FoundationEssentials
package import FunctionKit
import Synchronization

/// Runs invocations under a time limit that holds even for functions that ignore their cancellation.
///
/// An invocation runs in a task of its own. At its deadline it is cancelled; one that has not ended a moment later is
/// left behind, so that the next message need not wait for it. What is left behind is counted: too many mean that the
/// process is sick.
package final class Invoker: Sendable {
    /// How an invocation ended.
    package enum Ending: Sendable {
        /// It gave an output.
        case output(Data)
        /// It threw.
        case failed(any Error)
        /// It took longer than it may.
        case timedOut
        /// The host ended before it did.
        case cutShort

        /// What it threw; nil where it threw nothing.
        var error: (any Error)? {
            if case .failed(let error) = self { error } else { nil }
        }
    }

    /// How long a cancelled invocation may take to end by itself before it is left behind.
    private static let graceAfterCancel = Duration.milliseconds(500)

    /// An invocation whose task has not ended.
    fileprivate struct Running {
        let runID: String
        let task: Task<Void, Never>
        let answer: OneAnswer<Ending>
        /// When the clock does something to it next: cancels it, or leaves it behind.
        var due: ProcessClock.Instant?
        var isCancelled = false
        var isLeftBehind = false
    }

    fileprivate struct State {
        var nextID: UInt64 = 0
        var running: [UInt64: Running] = [:]
        var isCutShort = false
        /// One for all invocations: it sleeps until the first is due.
        var clock: Task<Void, Never>?
        var clockWakes: ProcessClock.Instant?
    }

    /// What is under way: invocations, and what others begin around them.
    package let underWay = WorkUnderWay()

    private let state = Mutex(State())
    private let metrics: HostMetrics

    /// An invoker with nothing under way.
    ///
    /// - Parameter metrics: Gets how long invocations take.
    package init(metrics: any MetricsFactory = NOOPMetricsHandler.instance) {
        self.metrics = HostMetrics(factory: metrics)
    }

    /// Invocations that were left behind and still run.
    package var leftBehind: Int { state.withLock { $0.running.values.count { $0.isLeftBehind } } }

    /// Whether a function works on a run's message now.
    package func isWorking(on runID: String) -> Bool {
        state.withLock { $0.running.values.contains { $0.runID == runID } }
    }

    /// Invokes a function once, until the context's deadline.
    package func invoke(_ function: AnyFunction, _ payload: Data, context: InvocationContext) async -> Ending {
        let start = ContinuousClock.now
        let ending = await run(function, payload, context: context)
        metrics.invocation(context.functionName, ending, took: .now - start)
        return ending
    }

    private func run(_ function: AnyFunction, _ payload: Data, context: InvocationContext) async -> Ending {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        let answer = OneAnswer<Ending>()
        underWay.begin()
        // Kept in `running` until it ends; ``waitForAll(until:)`` waits for it.
        let work = Task {
            let ending: Ending
            do {
                ending = .output(try await function.invoke(payload, context: context))
            } catch is CancellationError where Task.isCancelled {
                ending = .timedOut
            } catch {
                ending = .failed(error)
            }
            answer.give(ending)
            ended(id)
        }
        let isCutShort = state.withLock { state in
            // A short invocation may have ended already.
            if !answer.isGiven {
                state.running[id] = Running(
                    runID: context.runID, task: work, answer: answer, due: context.ends)
            }
            return state.isCutShort
        }
        if isCutShort { cut(Running(runID: context.runID, task: work, answer: answer)) }
        keepTime(until: context.ends)
        return await answer.value()
    }

    /// Ends what is under way now and all that comes: the host's time is up.
    package func cutShort() {
        let running = state.withLock { state in
            state.isCutShort = true
            return state.running
        }
        for invocation in running.values { cut(invocation) }
    }

    /// Waits for the tasks of all invocations, those that were left behind too, or until an instant.
    package func waitForAll(until deadline: ProcessClock.Instant) async {
        let tasks = state.withLock { $0.running.values.map(\.task) }
        let done = OneAnswer<Void>()
        // Neither is awaited where it is still at it: what ignores its cancellation would hold the process for ever. Both
        // end with the process.
        let waiter = Task {
            for task in tasks { await task.value }
            done.give(())
        }
        let timer = Task {
            try? await Task.sleep(until: deadline, clock: .process)
            done.give(())
        }
        await done.value()
        timer.cancel()
        waiter.cancel()
        let clock = state.withLock { state in
            // The next invocation starts another.
            defer { (state.clock, state.clockWakes) = (nil, nil) }
            return state.clock
        }
        clock?.cancel()
        await clock?.value
    }

    private func cut(_ invocation: Running) {
        if invocation.answer.give(.cutShort) { invocation.task.cancel() }
    }

    private func ended(_ id: UInt64) {
        state.withLock { _ = $0.running.removeValue(forKey: id) }
        underWay.end()
    }

    /// Lets the clock wake at an instant, or before.
    private func keepTime(until instant: ProcessClock.Instant) {
        state.withLock { state in
            if let clockWakes = state.clockWakes, clockWakes <= instant { return }
            state.clockWakes = instant
            // Functions have limits of their own, so the next one may be due before those that run.
            let clock = state.clock
            clock?.cancel()
            state.clock = Task {
                await clock?.value
                await runClock(from: instant)
            }
        }
    }

    private func runClock(from first: ProcessClock.Instant) async {
        var next: ProcessClock.Instant? = first
        while let instant = next {
            guard (try? await Task.sleep(until: instant, clock: .process)) != nil else { return }
            let due: [Task<Void, Never>]
            (due, next) = state.withLock { $0.strike(at: .now, graceAfterCancel: Self.graceAfterCancel) }
            // Outside the lock, because a function's own code may run.
            for task in due { task.cancel() }
        }
    }
}

extension Invoker.State {
    /// Finds what is to be cancelled, leaves behind what was cancelled before, and says when to look again.
    fileprivate mutating func strike(
        at now: ProcessClock.Instant, graceAfterCancel: Duration
    ) -> (due: [Task<Void, Never>], next: ProcessClock.Instant?) {
        var tasks: [Task<Void, Never>] = []
        for (id, invocation) in running {
            guard let due = invocation.due, due <= now else { continue }
            if invocation.isCancelled {
                running[id]?.due = nil
                running[id]?.isLeftBehind = invocation.answer.give(.timedOut)
            } else {
                running[id]?.due = now + graceAfterCancel
                running[id]?.isCancelled = true
                tasks.append(invocation.task)
            }
        }
        clockWakes = running.values.compactMap(\.due).min()
        if clockWakes == nil { clock = nil }
        return (tasks, clockWakes)
    }
}

/// The first of several answers, for one that waits.
private final class OneAnswer<Value: Sendable>: Sendable {
    private enum State {
        case open
        case awaited(CheckedContinuation<Value, Never>)
        case given(Value)
        case taken
    }

    private let state = Mutex(State.open)

    var isGiven: Bool {
        state.withLock { state in
            switch state {
            case .open, .awaited: false
            case .given, .taken: true
            }
        }
    }

    /// Gives an answer; false where one was given before.
    @discardableResult
    func give(_ value: Value) -> Bool {
        let (isFirst, continuation) = state.withLock { state -> (Bool, CheckedContinuation<Value, Never>?) in
            switch state {
            case .open:
                state = .given(value)
                return (true, nil)
            case .awaited(let continuation):
                state = .taken
                return (true, continuation)
            case .given, .taken:
                return (false, nil)
            }
        }
        continuation?.resume(returning: value)
        return isFirst
    }

    /// Waits for the answer; for one caller, once.
    func value() async -> Value {
        await withCheckedContinuation { continuation in
            let given = state.withLock { state -> Value? in
                if case .given(let value) = state {
                    state = .taken
                    return value
                }
                state = .awaited(continuation)
                return nil
            }
            if let given { continuation.resume(returning: given) }
        }
    }
}
