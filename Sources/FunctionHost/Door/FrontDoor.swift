package import FoundationEssentials
package import FunctionKit
package import History
package import Logging
package import Messaging
import Synchronization
import Waiting

/// Takes messages into a pipeline: what is accepted is durable, and free of personal data where its first function redacts.
///
/// Such a function is invoked here, in memory, and only its output goes on. A message is accepted once the queue has
/// confirmed it; its note in the history is written beside that, and holds nobody up.
package struct FrontDoor: Sendable {
    /// The most bytes in UTF-8 that a question may have.
    package static let questionBytesMax = 8 * 1024
    /// The most bytes of any other payload, of which each connection may send one at a time: long texts have room, and what
    /// is larger belongs in a store of its own.
    package static let payloadBytesMax = 256 * 1024
    /// The most characters of an id that an asker gives; a UUID has 36.
    package static let idBytesMax = 100

    /// How long to wait after a full queue: about the time in which a slow model answers once.
    private static let retryAfter = Duration.seconds(5)
    /// How long the history may take to say whether an asker's own id is known; after that the question is taken as it is,
    /// and of two under one id the history keeps the first, as for hosts beside each other.
    private static let lookPatience = Duration.milliseconds(500)
    /// How long a queue that is away is left alone before the next try to make sure.
    private static let retryPause = Duration.milliseconds(100)

    /// How long a publish that was cancelled may take to say how far it came.
    private static let cancelPatience = Duration.milliseconds(250)

    /// How long the queue may take to confirm a question, with a connection that is made again meanwhile.
    package var confirmPatience = Duration.seconds(5)
    /// What was accepted and is not noted in the history yet; to be run beside the doors.
    package let notes: AcceptanceNotes
    /// The pipeline's name.
    package let name: String
    /// Its functions, in the order in which a message passes them.
    package let pipeline: [RegisteredFunction]

    private let broker: any MessageBroker
    private let history: any RunHistory
    private let invoker: Invoker
    private let drain: DrainSignal
    private let logger: Logger

    /// Makes a door.
    ///
    /// - Parameters:
    ///   - pipeline: All functions, in the order in which a message passes them; at least one.
    ///   - broker: Where accepted messages go.
    ///   - history: Where those are looked up that were accepted before.
    ///   - notes: Notes them there; shared by the doors of a process.
    ///   - invoker: Runs the first function.
    ///   - drain: The door closes when the host drains.
    ///   - logger: Gets ids and sizes.
    package init(
        pipeline: [RegisteredFunction], broker: any MessageBroker, history: any RunHistory,
        notes: AcceptanceNotes, invoker: Invoker, drain: DrainSignal, logger: Logger
    ) {
        name = pipeline.first?.settings.pipeline ?? ""
        self.pipeline = pipeline
        self.broker = broker
        self.history = history
        self.invoker = invoker
        self.drain = drain
        self.logger = logger
        self.notes = notes
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
    ///   - asked: The question's id, where the asker gives one: asked again under it, it is the same question, which is
    ///     worked on and paid for once. Nil for a new one.
    ///   - tenant: Who asks, where tenants are told apart.
    ///   - expiresAt: After this instant the answer is of no use.
    /// - Returns: The question's id.
    /// - Throws: ``FrontDoorError``; nothing of the question was kept then, but where it is
    ///   ``FrontDoorError/unconfirmed(id:)``.
    package func accept(
        _ question: String, id asked: String? = nil, tenant: String? = nil, expiresAt: Date? = nil
    ) async throws(FrontDoorError) -> String {
        try Self.check(question)
        guard let payload = try? JSONEncoder().encode(Question(question: question)) else {
            throw .unreadable(AttemptFailure("not-encodable"))
        }
        return try await accept(payload: payload, id: asked, tenant: tenant, expiresAt: expiresAt)
    }

    /// Accepts any message; it is durable when this returns.
    ///
    /// - Parameters:
    ///   - payload: The first function's input, JSON in UTF-8. What it is, only that function knows.
    ///   - asked: The run's id, as for a question.
    ///   - tenant: Who sends it, where tenants are told apart.
    ///   - expiresAt: After this instant its output is of no use.
    /// - Returns: The run's id.
    /// - Throws: As for a question.
    package func accept(
        payload: Data, id asked: String? = nil, tenant: String? = nil, expiresAt: Date? = nil
    ) async throws(FrontDoorError) -> String {
        guard payload.count <= Self.payloadBytesMax else { throw .payloadTooLong(bytes: payload.count) }
        guard JSONText.isOne(payload) else { throw .notJSON }
        if let asked, !Self.isID(asked) { throw .badID }
        // Before it is published: a note of it could never be written.
        if let tenant, !StorableName.isOne(tenant) { throw .badTenant }
        guard drain.deadline == nil else { throw .draining }
        invoker.underWay.begin()
        defer { invoker.underWay.end() }
        guard let first = pipeline.first else { throw .unavailable(reason: "there is no function") }
        let id = asked ?? UUID().uuidString.lowercased()
        var headers = MessageHeaders()
        headers.tenant = tenant
        headers.expiresAt = expiresAt

        var body = payload
        var destination = first.queues.waiting
        var run: StageRun?
        if first.settings.redacts, let next = first.settings.next {
            let start = ContinuousClock.now
            (body, headers.costNanoUSD) = try await redact(body, with: first, id: id, headers: headers)
            run = StageRun(
                runID: id, function: first.settings.name, attempt: 1,
                milliseconds: (.now - start) / .milliseconds(1))
            destination = FunctionQueues(function: next).waiting
        }
        if asked != nil, let known = await known(id) {
            let isSame =
                known.input.map { Self.isSame($0, body, of: payload) } ?? true
                && known.pipeline ?? name == name
            guard isSame else { throw .taken(id: id) }
            return id
        }
        try await publish(Message(id: id, body: body, headers: headers.texts), to: destination)
        notes.add(
            AcceptanceNotes.Note(
                id: id, pipeline: name, input: body, tenant: tenant, expiresAt: expiresAt, run: run))
        return id
    }

    /// Whether a message is the one that was noted before: by its bytes, or by the question where that is all of both, since
    /// one may stand in other bytes, and an older version noted nothing else.
    private static func isSame(_ noted: Data, _ body: Data, of payload: Data) -> Bool {
        if noted == body { return true }
        let decoder = JSONDecoder()
        guard let before = try? decoder.decode(BareQuestion.self, from: noted),
            (try? decoder.decode(BareQuestion.self, from: payload)) != nil
        else { return false }
        return (try? decoder.decode(Question.self, from: body))?.question == before.question
    }

    /// Whether a text may be the id of a question: it stands in paths and log lines as it is.
    private static func isID(_ text: String) -> Bool {
        let isAlphanumeric = { (byte: UInt8) in
            (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
        }
        return (1...idBytesMax).contains(text.utf8.count) && text.utf8.first.map(isAlphanumeric) == true
            && text.utf8.allSatisfy { isAlphanumeric($0) || "-_.".utf8.contains($0) }
    }

    /// What is known of a message that was accepted before, as far as it can be seen in a moment; it has no input where only
    /// its end is known.
    private func known(_ id: String) async -> (pipeline: String?, input: Data?)? {
        if let note = notes[id] { return (note.pipeline, note.input) }
        let record =
            try? await Deadline(after: Self.lookPatience, by: .process).answer { try await history.run(id: id) } ?? nil
        return record.map { ($0.pipeline, $0.input) }
    }

    /// Invokes the first function in memory.
    private func redact(
        _ body: Data, with first: RegisteredFunction, id: String, headers: MessageHeaders
    ) async throws(FrontDoorError) -> (output: Data, costNanoUSD: Int64) {
        var logger = logger
        logger[metadataKey: LogKey.questionID] = "\(id)"
        let context = InvocationContext(
            runID: id, functionName: first.settings.name, attempt: 1, deadline: .now + first.settings.timeout,
            tenant: headers.tenant, trace: headers.trace, logger: logger, drain: drain)
        switch await invoker.invoke(first.function, body, context: context) {
        case .output(let output): return (output, context.chargedNanoUSD)
        case .failed(let error as any DispositionProviding) where error.disposition == .deadLetter:
            throw .unreadable(AttemptFailure(error, tells: false))
        // The next time, or on another host, it may well work.
        case .failed(let error): throw Self.notNow(first, (error as? any DispositionProviding)?.code ?? "error")
        case .timedOut: throw Self.notNow(first, "timeout")
        case .cutShort: throw .draining
        }
    }

    private static func notNow(_ function: RegisteredFunction, _ code: String) -> FrontDoorError {
        .unavailable(reason: "\(function.settings.name) cannot work now (\(code)); ask again in a moment")
    }

    /// Publishes until it is certain that the queue has the message, or that it has it not.
    ///
    /// A confirm that was lost is asked for by publishing the same once more: a message that is there twice is worked on
    /// once.
    private func publish(_ message: Message, to queue: String) async throws(FrontDoorError) {
        // A publish would wait for as long as the broker takes none, and the asker with it.
        switch await broker.state {
        case .ready, .queueRefused: break
        case .mayNotPublish(let reason): throw .unavailable(reason: "the queue takes nothing from this host: \(reason)")
        case .blocked(let reason): throw .unavailable(reason: "the queue takes nothing for now: \(reason)")
        case .away(let reason): throw .unavailable(reason: "the queue is away: \(reason)")
        }
        let end = ProcessClock.now + confirmPatience
        var mayBeThere = false
        while true {
            switch await publish(message, to: queue, until: end) {
            case .success: return
            case .failure(.unconfirmed): mayBeThere = true
            case .failure(.queueFull) where !mayBeThere: throw .full(retryAfter: Self.retryAfter)
            case .failure(let error) where !mayBeThere: throw .unavailable(reason: error.description)
            // What is refused now is so for longer than anybody waits.
            case .failure(.refused): throw unconfirmed(message.id)
            case .failure: break
            }
            guard .now < end, (try? await Task.sleep(for: Self.retryPause)) != nil else {
                throw unconfirmed(message.id)
            }
        }
    }

    /// Takes note that the queue may have a question.
    private func unconfirmed(_ id: String) -> FrontDoorError {
        notes.addUnconfirmed(id)
        return .unconfirmed(id: id)
    }

    /// Publishes once; when the time is up the publish is cancelled, and says how far it came.
    ///
    /// One that cannot be cancelled, such as a commit that waits for a lock, is left to end by itself: what becomes of it is
    /// not known then.
    private func publish(
        _ message: Message, to queue: String, until end: ProcessClock.Instant
    ) async -> Result<Void, BrokerError> {
        let ending = try? await Deadline(end + Self.cancelPatience, by: .process).answer {
            let ending = Mutex(Result<Void, BrokerError>.failure(.unconfirmed(reason: "the time was up")))
            await Deadline(end, by: .process).wait {
                do throws(BrokerError) {
                    try await broker.publish(message, to: queue)
                    ending.withLock { $0 = .success(()) }
                } catch {
                    ending.withLock { $0 = .failure(error) }
                }
            }
            return ending.withLock { $0 }
        }
        let reason = Task.isCancelled ? "nobody waits any more" : "the time was up"
        return ending ?? .failure(.unconfirmed(reason: reason))
    }

    /// A question as the first function of its pipeline takes it.
    private struct Question: Codable {
        var question: String
    }

    /// The same with nothing beside it.
    private struct BareQuestion: Decodable {
        let question: String

        init(from decoder: any Decoder) throws {
            question = try Question(from: decoder).question
            let all = try decoder.singleValueContainer().decode([String: AnyValue].self)
            guard all.count == 1 else {
                throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "there is more"))
            }
        }

        private struct AnyValue: Decodable {
            init(from decoder: any Decoder) {}
        }
    }
}
