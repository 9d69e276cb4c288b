package import FoundationEssentials
package import FunctionKit
package import History
package import Logging
import ServiceLifecycle
import Synchronization
import Waiting

/// Notes accepted messages in the history, beside the doors, which do not wait for it.
///
/// While the history is away or slow the notes wait here, and are made up for. A question whose note is lost with its
/// process is answered all the same, and known from its final state on.
package final class AcceptanceNotes: Service {
    /// What is noted of a question.
    package struct Note: Sendable {
        package let id: String
        /// The pipeline's name.
        package let pipeline: String
        /// What was queued: free of personal data where the pipeline redacts.
        package let input: Data
        let tenant: String?
        let expiresAt: Date?
        /// The run of the first function at the door.
        let run: StageRun?
    }

    /// More do not wait for a history that takes nothing.
    private static let waitingMax = 4_096
    /// Nor more bytes of them than so many questions may have.
    private static let bytesMax = waitingMax * FrontDoor.questionBytesMax
    /// How many questions are remembered whose fate is not known: those of some seconds without the broker.
    private static let unconfirmedMax = 1_024
    /// How many are written at a time; the history lets them share transactions.
    private static let writtenAtOnceMax = 128
    /// How long a history that took nothing is left alone.
    private static let pause = Duration.seconds(1)
    /// How long the last notes may take where the drain's time is over.
    private static let lastPatience = ProcessEnd.grace

    private struct State {
        var notes: [String: Note] = [:]
        /// The ids of the notes, in the order in which they came.
        var order: [String] = []
        /// How many bytes their inputs have.
        var bytes = 0
        /// How many did not wait, because too many did.
        var leftOut = 0
        var isFailing = false
        /// Questions of which nobody knows whether the queue has them, oldest first.
        var unconfirmed: [String] = []
    }

    private let history: any RunHistory
    private let drain: DrainSignal
    private let underWay: WorkUnderWay
    private let logger: Logger
    private let state = Mutex(State())
    private let (wakeups, wakeup) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    /// Makes notes that are written once they run.
    ///
    /// - Parameters:
    ///   - history: Where they are written.
    ///   - drain: Says until when.
    ///   - underWay: Counts what is not written yet.
    ///   - logger: Told how many could not be.
    package init(history: any RunHistory, drain: DrainSignal, underWay: WorkUnderWay, logger: Logger) {
        self.history = history
        self.drain = drain
        self.underWay = underWay
        self.logger = logger
    }

    /// The note of a question, as long as it is not written.
    package subscript(id: String) -> Note? { state.withLock { $0.notes[id] } }

    /// Whether a question was sent to the queue and nobody said that it came there; of the last ones alone.
    package func isUnconfirmed(_ id: String) -> Bool { state.withLock { $0.unconfirmed.contains(id) } }

    /// Remembers a question that the queue may have.
    func addUnconfirmed(_ id: String) {
        state.withLock { state in
            if state.unconfirmed.count >= Self.unconfirmedMax { state.unconfirmed.removeFirst() }
            state.unconfirmed.append(id)
        }
    }

    /// Takes note of an accepted question; returns at once.
    func add(_ note: Note) {
        state.withLock { state in
            state.unconfirmed.removeAll { $0 == note.id }
            guard state.notes[note.id] == nil else { return }
            let bytes = state.bytes + note.input.count
            guard state.notes.count < Self.waitingMax, bytes <= Self.bytesMax else {
                state.leftOut += 1
                return
            }
            state.bytes = bytes
            state.notes[note.id] = note
            underWay.begin()
            state.order.append(note.id)
        }
        wakeup.yield()
    }

    /// Lets ``run()`` end once it has tried to write what was noted until now.
    package func finish() { wakeup.finish() }

    /// Writes until graceful shutdown, and then once more what is left, until the drain's deadline.
    package func run() async {
        await cancelWhenGracefulShutdown { [self] in
            for await _ in wakeups {
                // No event tells that a history is back.
                while await !writeAll(), !Task.isCancelled { try? await Task.sleep(for: Self.pause) }
            }
        }
        let left = max(.now + Self.lastPatience, drain.deadline ?? .now) - .now
        _ = try? await Deadline(after: left, by: .process).answer { [self] in await writeAll() }
        let lost = state.withLock { $0.notes.count }
        if lost > 0 {
            logger.warning(
                "accepted questions are not noted; they are known once they have ended",
                metadata: [LogKey.count: .stringConvertible(lost)])
        }
    }

    /// Writes what waits; false where the history did not take it.
    private func writeAll() async -> Bool {
        while case let batch = nextBatch(), !batch.isEmpty {
            let failures: [any Error] = await withTaskGroup(of: (any Error)?.self) { group in
                for note in batch { group.addTask { [self] in await write(note) } }
                return await group.reduce(into: []) { failures, failure in
                    if let failure { failures.append(failure) }
                }
            }
            state.withLock { state in state.order.removeAll { state.notes[$0] == nil } }
            guard let failure = failures.first else { continue }
            tell(isFailing: true, failure)
            return false
        }
        tell(isFailing: false, nil)
        return true
    }

    private func nextBatch() -> [Note] {
        let (batch, leftOut) = state.withLock { state in
            defer { state.leftOut = 0 }
            return (state.order.prefix(Self.writtenAtOnceMax).compactMap { state.notes[$0] }, state.leftOut)
        }
        if leftOut > 0 {
            logger.warning(
                "accepted questions are not noted, because too many wait; they are known once they have ended",
                metadata: [LogKey.count: .stringConvertible(leftOut)])
        }
        return batch
    }

    /// Writes a note, and forgets it unless another try may succeed.
    private func write(_ note: Note) async -> (any Error)? {
        do {
            try await history.accept(
                id: note.id, input: note.input, tenant: note.tenant, pipeline: note.pipeline,
                expiresAt: note.expiresAt)
            if let run = note.run { try await history.recordStages([run], atDoor: true) }
        } catch let error as any DispositionProviding where error.disposition == .deadLetter {
            logger.warning(
                "an accepted question cannot be noted",
                metadata: [LogKey.questionID: "\(note.id)", LogKey.error: "\(error.code)"])
        } catch {
            return error
        }
        let isForgotten = state.withLock { state in
            guard state.notes.removeValue(forKey: note.id) != nil else { return false }
            state.bytes -= note.input.count
            return true
        }
        if isForgotten { underWay.end() }
        return nil
    }

    /// One line when it begins and one when it ends.
    private func tell(isFailing: Bool, _ error: (any Error)?) {
        let (isNews, count) = state.withLock { state in
            defer { state.isFailing = isFailing }
            return (state.isFailing != isFailing, state.notes.count)
        }
        guard isNews, !Task.isCancelled else { return }
        if let error {
            logger.warning(
                "accepted questions wait to be noted, because the history takes nothing",
                metadata: [
                    LogKey.count: .stringConvertible(count), LogKey.error: "\(Dispatcher.name(of: error))",
                ])
        } else {
            logger.notice("accepted questions are noted again")
        }
    }
}
