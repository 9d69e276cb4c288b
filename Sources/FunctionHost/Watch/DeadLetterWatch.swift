import FoundationEssentials
import FunctionKit
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
    let history: any RunHistory
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
                    logger.debug(
                        "dead letters cannot be reached", metadata: [LogKey.error: "\(Dispatcher.name(of: error))"])
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
            try await end(message)
            // RabbitMQ alone has the body: it stays as it is.
            guard message.unreadBodyBytes == nil else {
                kept += 1
                return true
            }
            // Behind the others, where it is met once more.
            guard try await publishAsEnded(message) else {
                kept += 1
                return true
            }
            return false
        }
        return kept
    }

    /// Ends a letter's run; one that the history can never keep holds up no other.
    private func end(_ message: Message) async throws {
        let end = RunEnd(of: message)
        do {
            guard try await history.finish(id: message.runID, end) else { return }
            logger.error(
                "message dead-lettered by the broker",
                metadata: [LogKey.questionID: "\(message.runID)", LogKey.error: "\(end.reason ?? "")"])
        } catch let error as any DispositionProviding where error.disposition == .deadLetter {
            logger.error(
                "a final state can never be stored",
                metadata: [LogKey.questionID: "\(message.runID)", LogKey.error: "\(error.code)"])
        }
    }

    /// Publishes a letter that says that its run has ended: with all that came with it, or, where that leaves no room for a
    /// word more, with the host's own headers alone.
    ///
    /// - Returns: False for one that is too large to be published at all: it stays as it is.
    private func publishAsEnded(_ message: Message) async throws(BrokerError) -> Bool {
        var whole = message
        whole.headers = MessageHeaders.asEnded(message.headers, at: .now)
        var bare = whole
        bare.headers = MessageHeaders.own(whole.headers)
        bare.origin = nil
        for copy in [whole, bare] {
            do throws(BrokerError) {
                try await broker.publish(copy, to: queue)
                return true
            } catch {
                guard case .invalidMessage = error else { throw error }
            }
        }
        return false
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
