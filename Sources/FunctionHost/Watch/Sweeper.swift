import CivilTime
import FoundationEssentials
import History
import Logging
import ServiceLifecycle

/// Gives questions whose asker's deadline has passed their final state, wherever their message is, and deletes questions
/// that were kept long enough, all by the history's own clock: this machine's may be wrong.
///
/// So may the history's, as after a fail-over to a server whose clock is ahead. Then everything looks old, and what was
/// deleted would be gone: so nothing is swept while the history's clock is ahead of this machine's.
struct Sweeper: Sendable {
    /// How often it looks.
    ///
    /// Nobody waits for these questions any more.
    private static let interval = Duration.seconds(30)

    let history: any RunHistory
    /// How long questions are kept after their final state; nil for ever.
    let kept: Duration?
    let logger: Logger
    /// This machine's clock.
    var now: @Sendable () -> Date = { .now }

    func run() async {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await sweep()
                try? await Task.sleep(for: Self.interval)
            }
        }
    }

    /// Looks once.
    func sweep() async {
        do {
            // Where this machine's is the wrong one, hosts with a right one sweep.
            guard try await !isBehind() else { return }
            let overdue = try await history.overdue()
            for id in overdue {
                _ = try await history.finish(id: id, .without(.expired, reason: "expired"))
            }
            if !overdue.isEmpty {
                logger.notice("questions expired", metadata: [LogKey.count: "\(overdue.count)"])
            }
            guard let kept else { return }
            let deleted = try await history.deleteRuns(olderThan: kept)
            if deleted > 0 {
                logger.notice("old questions deleted", metadata: [LogKey.count: "\(deleted)"])
            }
        } catch {
            // Where the host ends, the next one sweeps.
            guard !Task.isCancelled else { return }
            logger.warning("questions cannot be swept", metadata: [LogKey.error: "\(Dispatcher.name(of: error))"])
        }
    }

    /// Whether this machine's clock is behind the history's.
    private func isBehind() async throws -> Bool {
        let before = now()
        return ClockOffset(to: try await history.instant(), between: before, and: now()).isBehind
    }
}
