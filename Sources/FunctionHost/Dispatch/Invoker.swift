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
    }

    /// How long a cancelled invocation may take to end by itself before it is left behind.
    private static let graceAfterCancel = Duration.milliseconds(500)

    private struct State {
        var nextID: UInt64 = 0
        /// Every task that has not ended, those left behind among them.
        var tasks: [UInt64: Task<Void, Never>] = [:]
        var leftBehind: Set<UInt64> = []
        var isCutShort = false
        var cutters: [UInt64: @Sendable () -> Void] = [:]
    }

    private let state = Mutex(State())
    private let metrics: HostMetrics

    /// An invoker with nothing under way.
    ///
    /// - Parameter metrics: Gets how long invocations take.
    package init(metrics: any MetricsFactory = NOOPMetricsHandler.instance) {
        self.metrics = HostMetrics(factory: metrics)
    }

    /// Invocations that were left behind and still run.
    package var leftBehind: Int { state.withLock { $0.leftBehind.count } }

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
        // Kept in `tasks` until it ends; ``waitForAll(until:)`` waits for it.
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
        // Awaited below.
        let timer = Task {
            try? await Task.sleep(until: context.deadline, clock: .continuous)
            guard !Task.isCancelled else { return }
            work.cancel()
            // Ends early where the invocation does.
            try? await Task.sleep(for: Self.graceAfterCancel)
            if answer.give(.timedOut) { leaveBehind(id) }
        }
        let isCutShort = state.withLock { state in
            // A short invocation may have ended already.
            if !answer.isGiven { state.tasks[id] = work }
            state.cutters[id] = {
                if answer.give(.cutShort) { work.cancel() }
            }
            return state.isCutShort
        }
        if isCutShort { cut(id) }
        let ending = await answer.value()
        timer.cancel()
        _ = await timer.value
        state.withLock { _ = $0.cutters.removeValue(forKey: id) }
        return ending
    }

    /// Ends what is under way now and all that comes: the host's time is up.
    package func cutShort() {
        let cutters = state.withLock { state in
            state.isCutShort = true
            return state.cutters
        }
        for cutter in cutters.values { cutter() }
    }

    /// Waits for the tasks of all invocations, those that were left behind too, or until an instant.
    package func waitForAll(until deadline: ContinuousClock.Instant) async {
        let tasks = state.withLock { Array($0.tasks.values) }
        let done = OneAnswer<Void>()
        // Neither is awaited where it is still at it: what ignores its cancellation would hold the process for ever. Both
        // end with the process.
        let waiter = Task {
            for task in tasks { await task.value }
            done.give(())
        }
        let timer = Task {
            try? await Task.sleep(until: deadline, clock: .continuous)
            done.give(())
        }
        await done.value()
        timer.cancel()
        waiter.cancel()
    }

    private func cut(_ id: UInt64) {
        state.withLock { $0.cutters[id] }?()
    }

    private func ended(_ id: UInt64) {
        state.withLock { state in
            state.tasks[id] = nil
            state.leftBehind.remove(id)
        }
    }

    private func leaveBehind(_ id: UInt64) {
        state.withLock { state in
            if state.tasks[id] != nil { state.leftBehind.insert(id) }
        }
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
