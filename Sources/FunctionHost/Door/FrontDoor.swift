package import FoundationEssentials
package import FunctionKit
package import History
package import Logging
package import Messaging

/// Why a question was not accepted.
///
/// Nothing of it was stored.
package enum FrontDoorError: Error, Sendable, Hashable {
    /// There is nothing to answer.
    case empty
    /// The question is longer than ``FrontDoor/questionBytesMax``.
    case tooLong(bytes: Int)
    /// Too many questions wait; come back after the given time.
    case full(retryAfter: Duration)
    /// The host is ending.
    case draining
    /// The first function could not deal with the question; `code` is the reason's constant name.
    case unreadable(code: String)
    /// The question could not be made durable.
    case unavailable(reason: String)
}

extension FrontDoorError: CustomStringConvertible {
    /// One sentence for a person, with what to do.
    package var description: String {
        switch self {
        case .empty: "the question is empty; write what happened and what you want to know"
        case .tooLong(let bytes):
            "the question has \(bytes) bytes; the most is \(FrontDoor.questionBytesMax); leave out what is not needed"
        case .full(let retryAfter): "too many questions wait; try again in \(retryAfter.components.seconds) s"
        case .draining: "the host is ending; ask again in a moment"
        case .unreadable(let code): "the question could not be made free of personal data (\(code)); nothing was kept"
        case .unavailable(let reason): "the question could not be stored: \(reason)"
        }
    }
}

/// Takes questions in: what is accepted is durable, and free of personal data.
///
/// Where the first function redacts, it is invoked here, in memory, and only its output goes on.
package struct FrontDoor: Sendable {
    /// The most bytes in UTF-8 that a question may have.
    package static let questionBytesMax = 8 * 1024

    /// How long to wait after a full queue: about the time in which a slow model answers once.
    private static let retryAfter = Duration.seconds(5)

    private let pipeline: [RegisteredFunction]
    private let broker: any MessageBroker
    private let history: any QuestionHistory
    private let invoker: Invoker
    private let drain: DrainSignal
    private let logger: Logger

    /// Makes a door.
    ///
    /// - Parameters:
    ///   - pipeline: All functions, in the order in which a question passes them; at least one.
    ///   - broker: Where accepted questions go.
    ///   - history: Where they are noted.
    ///   - invoker: Runs the first function.
    ///   - drain: The door closes when the host drains.
    ///   - logger: Gets ids and sizes.
    package init(
        pipeline: [RegisteredFunction], broker: any MessageBroker, history: any QuestionHistory, invoker: Invoker,
        drain: DrainSignal, logger: Logger
    ) {
        self.pipeline = pipeline
        self.broker = broker
        self.history = history
        self.invoker = invoker
        self.drain = drain
        self.logger = logger
    }

    /// Whether a text may be asked at all.
    package static func check(_ question: String) throws(FrontDoorError) {
        guard question.utf8.count <= questionBytesMax else { throw .tooLong(bytes: question.utf8.count) }
        let isVisible = question.unicodeScalars.contains {
            !$0.properties.isWhitespace && !$0.properties.isDefaultIgnorableCodePoint
        }
        guard isVisible else { throw .empty }
    }

    /// Accepts a question; it is durable when this returns.
    ///
    /// - Parameters:
    ///   - question: In plain language; personal data is taken out.
    ///   - tenant: Who asks, where tenants are told apart.
    ///   - expiresAt: After this instant the answer is of no use.
    /// - Returns: The question's id.
    /// - Throws: ``FrontDoorError``; nothing of the question was kept then.
    package func accept(
        _ question: String, tenant: String? = nil, expiresAt: Date? = nil
    ) async throws(FrontDoorError) -> String {
        try Self.check(question)
        guard drain.deadline == nil else { throw .draining }
        guard let first = pipeline.first else { throw .unavailable(reason: "there is no function") }
        let id = UUID().uuidString.lowercased()
        var headers = MessageHeaders()
        headers.tenant = tenant
        headers.expiresAt = expiresAt

        var stage = Question(question: question)
        var body: Data
        do {
            body = try JSONEncoder().encode(stage)
        } catch {
            throw .unreadable(code: "not-encodable")
        }
        var destination = first.queues.waiting
        var run: StageRun?
        if first.settings.redacts, let next = first.settings.next {
            let start = ContinuousClock.now
            body = try await redact(body, with: first, id: id, headers: headers)
            run = StageRun(
                questionID: id, function: first.settings.name, attempt: 1,
                milliseconds: (.now - start) / .milliseconds(1))
            guard let redacted = try? JSONDecoder().decode(Question.self, from: body) else {
                throw .unreadable(code: "output-unreadable")
            }
            stage = redacted
            destination = FunctionQueues(function: next).waiting
        }
        try await publish(Message(id: id, body: body, headers: headers.texts), to: destination)
        await note(id: id, stage: stage, tenant: tenant, expiresAt: expiresAt, run: run)
        return id
    }

    /// Invokes the first function in memory.
    private func redact(
        _ body: Data, with first: RegisteredFunction, id: String, headers: MessageHeaders
    ) async throws(FrontDoorError) -> Data {
        var logger = logger
        logger[metadataKey: LogKey.questionID] = "\(id)"
        let context = InvocationContext(
            questionID: id, functionName: first.settings.name, attempt: 1, deadline: .now + first.settings.timeout,
            tenant: headers.tenant, trace: headers.trace, logger: logger, drain: drain)
        switch await invoker.invoke(first.function, body, context: context) {
        case .output(let output): return output
        case .failed(let error as any DispositionProviding): throw .unreadable(code: error.code)
        case .failed: throw .unreadable(code: "error")
        case .timedOut: throw .unreadable(code: "timeout")
        case .cutShort: throw .draining
        }
    }

    private func publish(_ message: Message, to queue: String) async throws(FrontDoorError) {
        // A publish would wait for as long as the broker takes none, and the asker with it.
        switch await broker.state {
        case .ready: break
        case .blocked(let reason): throw .unavailable(reason: "the queue takes nothing for now: \(reason)")
        case .away(let reason): throw .unavailable(reason: "the queue is away: \(reason)")
        }
        do {
            try await broker.publish(message, to: queue)
        } catch .queueFull {
            throw .full(retryAfter: Self.retryAfter)
        } catch {
            throw .unavailable(reason: error.description)
        }
    }

    /// Notes a question that the queue has confirmed.
    ///
    /// It is accepted, whatever becomes of the note. The answer may even be stored before.
    private func note(id: String, stage: Question, tenant: String?, expiresAt: Date?, run: StageRun?) async {
        do {
            try await history.accept(id: id, question: stage.question, tenant: tenant, expiresAt: expiresAt)
            if let run { try await history.recordStages([run]) }
        } catch {
            logger.warning(
                "an accepted question could not be noted", metadata: [LogKey.error: "\(type(of: error))"])
        }
    }

    /// The part of the first functions' input and output that the door knows.
    private struct Question: Codable {
        var question: String
    }
}
