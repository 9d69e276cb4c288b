import Foundation
package import Logging
import ServiceLifecycle
import Synchronization

/// Ends the process when no task gets a thread any more, so that the platform starts a new one.
///
/// A function that spins without ever suspending keeps a thread of the shared pool; as many as there are cores keep all
/// of them. Only a thread of its own can see that. The messages in hand come back, and run alone.
///
/// It counts its own looks and asks no clock: a process that was stopped for a while (SIGSTOP, a paused container, a
/// suspended machine) has not looked either, and is not taken for a stuck one.
package struct Watchdog: Service {
    /// How often it looks within its patience.
    private static let looksMax = 10
    /// How many looks in a row have to see too many invocations that run on: those that a stopped process finds past their
    /// deadline end within a moment.
    private static let sickLooksMax = 3

    private let patience: Duration
    private let leftBehindMax: Int
    private let leftBehind: @Sendable () -> Int
    private let flushLog: @Sendable () -> Void
    private let logger: Logger

    /// Makes a watchdog.
    ///
    /// - Parameters:
    ///   - patience: How long no task may get a thread.
    ///   - leftBehindMax: How many invocations may run on after their deadline before the process counts as sick.
    ///   - leftBehind: How many do.
    ///   - flushLog: Waits for the log's lines, which nobody may read; the process ends all the same.
    ///   - logger: Says why the process ends.
    package init(
        patience: Duration = .seconds(10), leftBehindMax: Int = 32, leftBehind: @escaping @Sendable () -> Int,
        flushLog: @escaping @Sendable () -> Void = {}, logger: Logger
    ) {
        self.patience = patience
        self.leftBehindMax = leftBehindMax
        self.leftBehind = leftBehind
        self.flushLog = flushLog
        self.logger = logger
    }

    private var pause: Duration { patience / Self.looksMax }

    /// Watches until graceful shutdown or cancellation.
    package func run() async throws {
        let watch = Watch()
        let thread = Thread { [self] in observe(watch) }
        thread.name = "watchdog"
        thread.start()
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                watch.beat()
                try? await Task.sleep(for: pause)
            }
        }
        watch.end()
        await watch.ended()
    }

    private func observe(_ watch: Watch) {
        var looks = WatchLooks()
        while !watch.waitForEnd(for: pause) {
            looks.look(beats: watch.beats, isSick: leftBehind() > leftBehindMax)
            if looks.withoutBeat > Self.looksMax {
                end("no task got a thread for too long; the process ends and starts anew")
            }
            if looks.sick >= Self.sickLooksMax {
                end("too many invocations ignore their deadline; the process ends and starts anew")
            }
        }
        watch.finish()
    }

    private func end(_ reason: Logger.Message) -> Never {
        ProcessEnd.cut(with: 1) { [self] in
            logger.critical(reason)
            flushLog()
        }
    }
}

/// What a watcher has seen, look by look.
struct WatchLooks {
    private var beats = 0
    /// Looks in a row without a new beat.
    private(set) var withoutBeat = 0
    /// Looks in a row at a sick process.
    private(set) var sick = 0

    /// Looks once more.
    mutating func look(beats: Int, isSick: Bool) {
        withoutBeat = beats == self.beats ? withoutBeat + 1 : 0
        self.beats = beats
        sick = isSick ? sick + 1 : 0
    }
}

/// What the watching thread and the tasks tell each other.
private final class Watch: Sendable {
    private struct State {
        var hasFinished = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())
    private let count = Atomic<Int>(0)
    private let endSignal = DispatchSemaphore(value: 0)

    var beats: Int { count.load(ordering: .relaxed) }

    func beat() { count.add(1, ordering: .relaxed) }

    func end() { endSignal.signal() }

    /// True once ``end()`` was called.
    func waitForEnd(for duration: Duration) -> Bool {
        endSignal.wait(timeout: .now() + (duration / .seconds(1))) == .success
    }

    func finish() {
        let waiter = state.withLock { state in
            state.hasFinished = true
            return state.waiter.take()
        }
        waiter?.resume()
    }

    func ended() async {
        await withCheckedContinuation { continuation in
            let hasFinished = state.withLock { state in
                if !state.hasFinished { state.waiter = continuation }
                return state.hasFinished
            }
            if hasFinished { continuation.resume() }
        }
    }
}
