import Dispatch
import Foundation
import FunctionKit
import Glibc
import Synchronization

/// Owns the end of this process: the signals that ask for it, the time that it may take, and the cut when that is over.
///
/// SIGTERM and SIGINT end a process, SIGHUP too unless it is a server without a terminal. Before anything has begun they
/// end it at once. From then on the first one begins an ``OrderlyEnd``, and a second one hurries it. Whatever still waits
/// ``grace`` after that, after the end's own time, or once there is nothing worth waiting for, is cut off with the
/// guarantees of `kill -9`.
///
/// It has a thread of its own that waits for signals and time alone. So it needs no thread of the shared pool, no log that
/// is read, and no lock that anybody could hold.
package final class ProcessEnd: Sendable {
    /// The one of this process: signals belong to all of it.
    package static let shared = ProcessEnd()

    /// How long an end may take on after its time, or after a second signal.
    ///
    /// With the last words it is half a second: the other half of the second that is promised is a busy machine's.
    package static let grace = Duration.milliseconds(300)
    /// How long last words may take.
    package static let wordsMax = Duration.milliseconds(200)

    private enum Phase {
        /// Nothing has begun: ends with a status, or as the signal itself would end it.
        case idle(status: Int32?)
        case running(OrderlyEnd)
        case ending(OrderlyEnd, cutAt: ProcessClock.Instant)
    }

    private struct State {
        var phase = Phase.idle(status: nil)
        var outlivesTerminal = false
        var isListening = false
    }

    private let state = Mutex(State())

    private init() {}

    /// Takes the signals over from the system, once; to be called first of all.
    ///
    /// A SIGHUP that is ignored already, as under `nohup`, stays so. Signals that mean nothing here, and would end a process
    /// that takes no notice of them, are ignored.
    package func takeSignals() {
        let isFirst = state.withLock { state in
            defer { state.isListening = true }
            return !state.isListening
        }
        for number in SignalPipe.meaningless { SignalPipe.ignore(number) }
        // Without descriptors the system's own way is left: each signal ends the process at once.
        guard isFirst, let reading = SignalPipe.open() else { return }
        let thread = Thread { [self] in listen(reading) }
        thread.name = "process-end"
        thread.start()
        for number in [SIGTERM, SIGINT] { SignalPipe.take(number) }
        if !SignalPipe.isIgnored(SIGHUP) { SignalPipe.take(SIGHUP) }
    }

    /// Lets a signal end the process with a status while nothing has begun, instead of as killed by the signal.
    ///
    /// - Parameters:
    ///   - status: The exit status.
    ///   - outlivesTerminal: Whether SIGHUP is no reason to end, now and later.
    package func endAtOnce(with status: Int32, outlivesTerminal: Bool) {
        state.withLock { state in
            state.outlivesTerminal = outlivesTerminal
            if case .idle = state.phase { state.phase = .idle(status: status) }
        }
    }

    /// Runs a body that a signal ends in order.
    ///
    /// Once a signal has come the process ends within the end's time, also after `body` has returned: what is closed then
    /// may wait too.
    package func withOrderlyEnd<Value>(
        _ end: OrderlyEnd, _ body: () async throws -> Value
    ) async throws -> Value {
        let status = state.withLock { state -> Int32? in
            guard case .idle(let status) = state.phase else { return nil }
            state.phase = .running(end)
            return status
        }
        defer {
            state.withLock { state in
                if case .running = state.phase { state.phase = .idle(status: status) }
            }
        }
        return try await body()
    }

    /// Ends the process now, whatever waits.
    ///
    /// - Parameters:
    ///   - status: The exit status.
    ///   - lastWords: Run on a thread of its own, and left there where it takes longer than ``wordsMax``.
    package static func cut(with status: Int32, saying lastWords: @escaping @Sendable () -> Void) -> Never {
        let isSaid = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            lastWords()
            isSaid.signal()
        }
        _ = isSaid.wait(timeout: .now() + wordsMax / .seconds(1))
        _exit(status)
    }

    // MARK: - The thread

    private func listen(_ reading: Int32) {
        SignalPipe.unblock([SIGTERM, SIGINT, SIGHUP])
        while true {
            if let number = SignalPipe.next(reading, within: untilCut()), number != SignalPipe.noSignal {
                receive(number)
            }
            if let end = due() { Self.cut(with: end.statusWhenCut, saying: end.lastWords) }
        }
    }

    /// How long until the cut; nil for ever.
    private func untilCut() -> Duration? {
        state.withLock { state in
            guard case .ending(_, let cutAt) = state.phase else { return nil }
            return max(.zero, cutAt - .now)
        }
    }

    private func due() -> OrderlyEnd? {
        state.withLock { state in
            guard case .ending(let end, let cutAt) = state.phase, cutAt <= .now else { return nil }
            return end
        }
    }

    private func cutNow() {
        state.withLock { state in
            if case .ending(let end, let cutAt) = state.phase { state.phase = .ending(end, cutAt: min(cutAt, .now)) }
        }
        SignalPipe.wake()
    }

    private func receive(_ number: Int32) {
        let act = state.withLock { state -> @Sendable () -> Void in
            if number == SIGHUP, state.outlivesTerminal { return {} }
            switch state.phase {
            case .idle(let status?): return { _exit(status) }
            case .idle(nil): return { SignalPipe.die(of: number) }
            case .running(let end):
                state.phase = .ending(end, cutAt: .now + end.patience + Self.grace)
                return { [self] in
                    Thread.detachNewThread { [self] in
                        end.begin()
                        guard let untilQuiet = end.untilQuiet else { return }
                        // Awaited by nobody: where no task gets a thread, the end has its time.
                        Task {
                            await untilQuiet()
                            cutNow()
                        }
                    }
                }
            case .ending(let end, let cutAt):
                state.phase = .ending(end, cutAt: min(cutAt, .now + Self.grace))
                return { Thread.detachNewThread(end.hurry) }
            }
        }
        act()
    }
}
