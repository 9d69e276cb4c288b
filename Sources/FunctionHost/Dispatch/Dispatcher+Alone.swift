import FunctionKit
import History
import Logging
import Messaging

// Where messages run alone, a run that began and did not end is an attempt that ended its process. Deliveries are not
// counted: a connection that is lost takes them away from a host that lives on, or from one that never saw them.
extension Dispatcher {
    /// How often a failed note of an end is written again, each after ``retryPause``: half a minute.
    private static let notesMax = 150

    /// The run of a delivery that runs alone; nil for others.
    func loneRun(of delivery: Delivery, headers: MessageHeaders) -> LoneRun? {
        guard delivery.queue == queues.alone else { return nil }
        return LoneRun(runID: delivery.message.runID, function: settings.name, attempt: headers.attempt)
    }

    /// Does something that counts as the end of its process from its beginning to its end.
    ///
    /// No longer than until the broker is seen to have taken the delivery away: from then on other hosts may have it.
    func noting(_ run: LoneRun, of delivery: Delivery, _ body: () async -> Outcome) async -> Outcome {
        do {
            try await history.noteStart(of: run)
        } catch {
            logger.warning(
                "the beginning of a run cannot be noted; the message is handed back",
                metadata: [LogKey.questionID: "\(run.runID)", LogKey.error: "\(Self.name(of: error))"])
            return .handBack
        }
        let outcome = await withDiscardingTaskGroup { group in
            group.addTask {
                await broker.waitForLoss(of: delivery)
                if await !broker.holds(delivery) { await noteEnd(of: run) }
            }
            let outcome = await body()
            group.cancelAll()
            return outcome
        }
        await noteEnd(of: run)
        return outcome
    }

    private func noteEnd(of run: LoneRun) async {
        for note in 1...Self.notesMax {
            do {
                return try await history.noteEnd(of: run)
            } catch {
                guard note < Self.notesMax, drain.deadline == nil,
                    (try? await Task.sleep(for: Self.retryPause)) != nil
                else {
                    return logger.warning(
                        "the end of a run cannot be noted; it counts as the end of a process",
                        metadata: [LogKey.questionID: "\(run.runID)", LogKey.error: "\(Self.name(of: error))"])
                }
            }
        }
    }
}
