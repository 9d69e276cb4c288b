import Foundation
package import Logging
import ServiceLifecycle
import Synchronization

/// Ends the process when no task gets a thread any more, so that the platform starts a new one.
///
/// A function that spins without ever suspending keeps a thread of the shared pool; as many as there are cores keep all
/// of them. Only a thread of its own can see that. The messages in hand come back, and run alone.
package struct Watchdog: Service {
    private let patience: Duration
    private let leftBehindMax: Int
    private let leftBehind: @Sendable () -> Int
    private let logger: Logger

    /// Makes a watchdog.
    ///
    /// - Parameters:
    ///   - patience: How long no task may get a thread.
    ///   - leftBehindMax: How many invocations may run on after their deadline before the process counts as sick.
    ///   - leftBehind: How many do.
    ///   - logger: Says why the process ends.
    package init(
        patience: Duration = .seconds(10), leftBehindMax: Int = 32, leftBehind: @escaping @Sendable () -> Int,
        logger: Logger
    ) {
        self.patience = patience
        self.leftBehindMax = leftBehindMax
        self.leftBehind = leftBehind
        self.logger = logger
    }

    /// Watches until graceful shutdown or cancellation.
    package func run() async throws {
        let watch = Watch()
        let thread = Thread { [self] in observe(watch) }
        thread.name = "watchdog"
        thread.start()
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                watch.beat()
                try? await Task.sleep(for: patience / 10)
            }
        }
        watch.end()
        await watch.ended()
    }

    private func observe(_ watch: Watch) {
        while !watch.waitForEnd(for: patience / 10) {
            if watch.sinceBeat > patience {
                logger.critical("no task got a thread for too long; the process ends and starts anew")
                _exit(1)
            }
            if leftBehind() > leftBehindMax {
                logger.critical("too many invocations ignore their deadline; the process ends and starts anew")
                _exit(1)
            }
        }
        watch.finish()
    }
}

/// What the watching thread and the tasks tell each other.
private final class Watch: Sendable {
    private struct State {
        var lastBeat = ContinuousClock.now
        var hasFinished = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())
    private let endSignal = DispatchSemaphore(value: 0)

    var sinceBeat: Duration { state.withLock { .now - $0.lastBeat } }

    func beat() { state.withLock { $0.lastBeat = .now } }

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
