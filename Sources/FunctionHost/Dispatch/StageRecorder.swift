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

    private let history: any QuestionHistory
    private let logger: Logger
    private let waiting = Mutex<[StageRun]>([])
    private let (wakeups, wakeup) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    /// A recorder that writes once it runs.
    init(history: any QuestionHistory, logger: Logger) {
        self.history = history
        self.logger = logger
    }

    /// Takes note of a run; returns at once.
    func record(_ run: StageRun) {
        let isFirst = waiting.withLock { waiting in
            if waiting.count < Self.waitingMax { waiting.append(run) }
            return waiting.count == 1
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
        let runs = waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        guard !runs.isEmpty else { return }
        do {
            try await history.recordStages(runs)
        } catch {
            logger.warning(
                "stage times could not be stored", metadata: [LogKey.error: "\(Dispatcher.name(of: error))"])
        }
    }
}
