import FoundationEssentials
import History
import Logging
import Messaging
import ServiceLifecycle

/// Gives the questions of dead letters their final state where the broker itself, or another program, has moved them.
///
/// A letter whose run has ended says so in its headers. Others come from the broker: a message that was delivered too
/// often, or whose time in a queue was over. Whichever host sees one first ends its run and marks it.
struct DeadLetterWatch: Sendable {
    /// How often the letters are counted.
    private static let interval = Duration.seconds(5)
    /// A look may take no more than this part of the time: there may be many letters.
    private static let shareOfTime = 20

    /// The queue of dead letters.
    let queue: String
    let broker: any MessageBroker
    let history: any QuestionHistory
    let logger: Logger

    func run() async {
        guard broker.buriesByItself else { return }
        await cancelWhenGracefulShutdown {
            var counts = Counts()
            while !Task.isCancelled {
                let start = ContinuousClock.now
                do {
                    if await !broker.mayNotPublish, counts.note(try await broker.depth(of: queue).ready) {
                        let kept = try await look()
                        // Some of them may be on their way: a policy can let the broker move what was looked at.
                        counts.seen(max(kept, try await broker.depth(of: queue).ready))
                    }
                } catch {
                    logger.debug("dead letters cannot be reached", metadata: [LogKey.error: "\(type(of: error))"])
                }
                // No event tells that a letter has come.
                try? await Task.sleep(for: max(Self.interval, (.now - start) * Self.shareOfTime))
            }
        }
    }

    /// Ends the runs of those letters that were not looked at yet.
    ///
    /// - Returns: How many letters there are.
    @discardableResult
    func look() async throws -> Int {
        var kept = 0
        try await broker.walk(queue, limit: .max) { message in
            guard !MessageHeaders.areEnded(message.headers) else {
                kept += 1
                return true
            }
            let reason = MessageHeaders.deathReason(message.headers)
            var copy = message
            copy.headers = MessageHeaders.asEnded(message.headers, at: .now)
            if try await history.finish(id: message.runID, state: .failed, reason: reason, opensAt: nil) {
                logger.error(
                    "message dead-lettered by the broker",
                    metadata: [LogKey.questionID: "\(message.runID)", LogKey.error: "\(reason)"])
            }
            // Behind the others, where it is met once more.
            try await broker.publish(copy, to: queue)
            return false
        }
        return kept
    }

    /// Whether there may be letters that nobody has looked at.
    private struct Counts {
        private var seen = 0
        private var wasLess = false

        /// Takes note of how many wait now; true where more do than were looked at.
        ///
        /// Fewer may be in somebody's hands for a moment, such as an operator's.
        mutating func note(_ ready: Int) -> Bool {
            defer { wasLess = ready < seen }
            if ready < seen, wasLess { seen = ready }
            return ready > seen
        }

        mutating func seen(_ ready: Int) { seen = ready }
    }
}
