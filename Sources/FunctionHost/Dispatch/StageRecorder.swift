import History
import Logging
import Synchronization

/// Writes how long functions took, beside their dispatch, which does not wait for it.
///
/// What comes while it writes is written together next. A process that dies loses what it has not written: a missing
/// time is no reason to do paid work again, nor to hold it up.
final class StageRecorder: Sendable {
    /// How long more is waited for, so that a busy host writes seldom.
    private static let gathering = Duration.milliseconds(5)
    /// More do not wait for a history that takes nothing.
    private static let waitingMax = 10_000

    private struct Waiting {
        var runs: [StageRun] = []
        /// How many did not wait, because too many did.
        var leftOut = 0
    }

    private let history: any RunHistory
    private let logger: Logger
    private let waiting = Mutex(Waiting())
    private let (wakeups, wakeup) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    /// A recorder that writes once it runs.
    init(history: any RunHistory, logger: Logger) {
        self.history = history
        self.logger = logger
    }

    /// Takes note of a run; returns at once.
    func record(_ run: StageRun) {
        let isFirst = waiting.withLock { waiting in
            if waiting.runs.count < Self.waitingMax { waiting.runs.append(run) } else { waiting.leftOut += 1 }
            return waiting.runs.count == 1
        }
        if isFirst { wakeup.yield() }
    }

    /// Lets ``run()`` end once it has written what was noted until now.
    func finish() { wakeup.finish() }

    /// Writes until it is told to finish.
    func run() async {
        for await _ in wakeups {
            try? await Task.sleep(for: Self.gathering)
            await write()
        }
        await write()
    }

    private func write() async {
        let written = waiting.withLock { waiting in
            defer { waiting = Waiting() }
            return waiting
        }
        if written.leftOut > 0 {
            logger.warning(
                "stage times were left out, because the history is too slow",
                metadata: [LogKey.count: .stringConvertible(written.leftOut)])
        }
        guard !written.runs.isEmpty else { return }
        do {
            try await history.recordStages(written.runs)
        } catch {
            logger.warning(
                "stage times could not be stored", metadata: [LogKey.error: "\(Dispatcher.name(of: error))"])
        }
    }
}
