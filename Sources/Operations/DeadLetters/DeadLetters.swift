import Composition
import Documents
import FoundationEssentials
import FunctionHost
import FunctionKit
package import History
import Messaging
import Waiting

/// Works the dead-letter queues: `sluice dead`.
package struct DeadLetters: Sendable {
    /// How many messages are in hand at a time while many are taken.
    private static let batch = 200
    /// How long the broker may take to confirm a letter's copy.
    private static let patience = Duration.seconds(10)

    private let access: BrokerAccess
    private let history: any RunHistory

    /// Works the queues that are open.
    package init(_ access: BrokerAccess, history: any RunHistory) {
        self.access = access
        self.history = history
    }

    /// Which letters are meant.
    package enum Choice: Sendable, Hashable {
        /// The one with this id, or several with the same.
        case id(String)
        /// All.
        case all
    }

    /// The first letters of one function, or of each; none is taken from its queue.
    ///
    /// - Throws: ``OperatorProblem``, or `BrokerError`.
    package func list(function: String?, limit: Int) async throws -> DeadLetterList {
        var letters: [DeadLetter] = []
        var total = 0
        for name in try access.functions(named: function) {
            let queue = FunctionQueues(function: name).dead
            let depth = try await access.depth(of: queue).total
            guard depth > 0 else { continue }
            total += depth
            let messages = try await access.broker.browse(queue, limit: max(0, limit - letters.count))
            letters += messages.map { DeadLetter($0, function: name) }
        }
        return DeadLetterList(letters: letters, total: total)
    }

    /// The letters with an id.
    ///
    /// - Throws: ``OperatorProblem`` where there is none, or `BrokerError`.
    package func show(_ id: String, function: String?, showsPayload: Bool) async throws -> DeadLetterDetails {
        var letters: [DeadLetter] = []
        for name in try access.functions(named: function) {
            let queue = FunctionQueues(function: name).dead
            let depth = try await access.depth(of: queue).total
            guard depth > 0 else { continue }
            letters += try await access.broker.browse(queue, limit: depth).filter { $0.runID == id }
                .map { DeadLetter($0, function: name, showsPayload: showsPayload) }
        }
        guard !letters.isEmpty else { throw Self.unknown(id) }
        return DeadLetterDetails(letters: letters)
    }

    /// Gives letters another life: each with its id, as a first attempt, to its function's queue.
    ///
    /// A letter leaves the dead-letter queue when the broker has confirmed its copy, so that none is lost; one whose
    /// copy was confirmed before a crash may run twice, which changes nothing twice. Its question waits for an answer
    /// again. A letter without an id gets the one that it is listed under. Where all are meant, those that no broker can ever
    /// carry stay, and hold up no other.
    ///
    /// - Throws: ``OperatorProblem`` where there is none, or `BrokerError`; the letters that were not replayed are kept.
    package func replay(_ choice: Choice, function: String?) async throws -> DeadLetterChanges {
        try await take(choice, function: function) { [history] message, name in
            // Before its question is opened again.
            if let bytes = message.unreadBodyBytes {
                throw BrokerError.invalidMessage(
                    reason: "its body of \(bytes) bytes is \(DeadLetter.wayToLongBody(name)), or delete it here")
            }
            var copy = message
            copy.id = message.runID
            copy.headers = MessageHeaders.asFirstAttempt(message.headers)
            copy.headers[Message.moveReasonHeader] = nil
            // First: what the next attempt comes to must find a question that waits.
            try await history.reopen(id: message.runID)
            do {
                try await publish(copy, to: FunctionQueues(function: name).waiting)
            } catch {
                // The letter stays, and with it its question's state. In a task of its own, since this one may be cancelled.
                await Task { try? await end(message) }.value
                throw error
            }
        }
    }

    /// Publishes within a time: a broker under an alarm takes nothing for as long as that lasts.
    private func publish(_ message: Message, to queue: String) async throws {
        let done: Void? = try await Deadline(after: Self.patience, by: .process).answer { [access] in
            try await access.broker.publish(message, to: queue)
        }
        guard done == nil else { return }
        try Task.checkCancellation()
        let reason = if case .blocked(let reason) = await access.broker.state { reason } else { "no confirm came" }
        throw BrokerError.unavailable(
            reason: "nothing was taken within \(Self.patience.components.seconds) s: \(reason)")
    }

    /// Deletes letters for good, and ends the runs of those that nobody has looked at.
    ///
    /// - Throws: ``OperatorProblem`` where there is none, or `BrokerError`.
    package func purge(_ choice: Choice, function: String?) async throws -> DeadLetterChanges {
        try await take(choice, function: function) { message, _ in
            if !MessageHeaders.areEnded(message.headers) { try await end(message) }
        }
    }

    private func end(_ message: Message) async throws {
        _ = try await history.finish(id: message.runID, RunEnd(of: message))
    }

    private func take(
        _ choice: Choice, function: String?, _ body: (Message, _ function: String) async throws -> Void
    ) async throws -> DeadLetterChanges {
        var taken: [DeadLetterChanges.Line] = []
        var kept: [DeadLetterChanges.Kept] = []
        for name in try access.functions(named: function) {
            let queue = FunctionQueues(function: name).dead
            // As many as there are now: what dies again meanwhile stays.
            var left = try await access.depth(of: queue).total
            var keptHere: Set<String> = []
            while left > keptHere.count {
                let before = taken.count
                // All of them for one id: what is handed back stands in front again.
                let limit = choice == .all ? min(left, Self.batch + keptHere.count) : left
                try await access.broker.walk(queue, limit: limit) { message in
                    if case .id(let id) = choice, id != message.runID { return true }
                    do {
                        try await body(message, name)
                    } catch BrokerError.invalidMessage(let reason) where choice == .all {
                        if keptHere.insert(message.runID).inserted {
                            kept.append(.init(id: message.runID, function: name, reason: reason))
                        }
                        return true
                    }
                    taken.append(.init(id: message.runID, function: name))
                    return false
                }
                left = choice == .all && taken.count > before ? left - (taken.count - before) : 0
            }
        }
        if case .id(let id) = choice, taken.isEmpty { throw Self.unknown(id) }
        return DeadLetterChanges(letters: taken, kept: kept)
    }

    private static func unknown(_ id: String) -> OperatorProblem {
        OperatorProblem("no dead letter has the id `\(TerminalText.clean(id))`; see `sluice dead list`")
    }
}
