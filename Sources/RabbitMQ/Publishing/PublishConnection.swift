import FoundationEssentials
import Logging
import Messaging
import Synchronization

/// The connection that publishes, and nothing else: the broker stops reading it while an alarm is set.
///
/// Publishes go out one behind the other, and each caller waits for its own confirm. While the broker blocks the
/// connection nothing is written, so that heartbeats go on.
actor PublishConnection: SocketOwner {
    /// What a caller waits for.
    private struct Publish {
        let number: UInt64
        let message: Message
        let queue: String
        /// Nil once its caller waits no longer.
        var continuation: CheckedContinuation<Result<Void, BrokerError>, Never>?
        /// The broker found no such queue, and will confirm nevertheless.
        var isReturned = false
    }

    private static let channel: UInt16 = 1
    /// More unconfirmed publishes than this make nothing faster.
    private static let unconfirmedMax = 1_024
    /// The broker's confirms of what was published come while the connection closes, or not at all.
    private static let closeSeconds: Int32 = 2

    nonisolated let thread: ConnectionThread
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe thread.asUnownedSerialExecutor() }

    private let configuration: RabbitMQConfiguration
    private let board: StateBoard
    private let logger: Logger
    private let connector = Connector()
    private var firstConnection: CheckedContinuation<Result<Void, RabbitMQError>, Never>?
    private var connection: AMQPConnection?
    private var backoff = ReconnectBackoff()
    private var nextTry: ContinuousClock.Instant?
    private var isClosed = false

    private var outbox: [Publish] = []
    /// How many of the outbox are gone.
    private var outboxTaken = 0
    /// What is left of the body that is being sent.
    private var bodyRest: Data?
    private var window = ConfirmWindow<Publish>()
    private var blockedReason: String?
    /// Which queue the returned message was for whose header comes next.
    private var returnedQueue: String?
    /// The largest body that the broker takes, once it has said so: it closes the channel over a larger one, with all
    /// publishes that are under way.
    private var bodyBytesMax = Int.max
    /// Why this user may not publish; nil while it may.
    private var refusal: String?
    /// When it is looked whether this user may publish, unless a confirm shows it before.
    private var lookAt = ContinuousClock.now
    /// Why the broker was not reached since the connection was lost.
    private var told: Set<String> = []
    private var lastNumber: UInt64 = 0
    /// Publishes whose callers wait no longer.
    private let givenUp = Mutex<[UInt64]>([])

    init(_ configuration: RabbitMQConfiguration, board: StateBoard, logger: Logger) throws(RabbitMQError) {
        thread = try ConnectionThread()
        self.configuration = configuration
        self.board = board
        self.logger = logger
        thread.start("rabbitmq-publish", owner: self)
    }

    /// Connects for the first time.
    func connect() async throws(RabbitMQError) {
        beginToConnect()
        try await withCheckedContinuation { firstConnection = $0 }.get()
    }

    /// Publishes a message and waits for its confirm, or until the task is cancelled.
    func publish(_ message: Message, to queue: String) async throws(BrokerError) {
        if let refusal { throw .refused(queue: queue, reason: refusal) }
        guard connection != nil else { throw .unavailable(reason: "the connection is down") }
        guard message.body.count <= bodyBytesMax else { throw Self.tooLarge(bodyBytesMax) }
        lastNumber += 1
        let number = lastNumber
        let result: Result<Void, BrokerError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // Cancelled before, nobody would find it.
                guard !Task.isCancelled else { return continuation.resume(returning: .failure(Self.notSent)) }
                outbox.append(Publish(number: number, message: message, queue: queue, continuation: continuation))
            }
        } onCancel: {
            givenUp.withLock { $0.append(number) }
            thread.wake()
        }
        try result.get()
    }

    private static let notSent = BrokerError.unavailable(reason: "it took nothing before the time was up")

    private static func tooLarge(_ limit: Int) -> BrokerError {
        .invalidMessage(reason: "its body is over \(limit) bytes long, which is the broker's max_message_size")
    }

    /// Answers those who wait no longer: what was not sent yet never will be.
    private func answerGivenUp() {
        let numbers = givenUp.withLock { numbers in
            defer { numbers = [] }
            return numbers
        }
        for number in numbers {
            if let index = outbox[outboxTaken...].firstIndex(where: { $0.number == number }) {
                outbox.remove(at: index).continuation?.resume(returning: .failure(Self.notSent))
                continue
            }
            window.changeOldest(where: { $0.number == number }) { publish in
                publish.continuation?.resume(
                    returning: .failure(.unconfirmed(reason: "it was not confirmed before the time was up")))
                publish.continuation = nil
            }
        }
    }

    /// Closes the connection for good; what is not confirmed yet fails.
    func close() {
        isClosed = true
        connection?.close(waitingSeconds: Self.closeSeconds)
        fail(reason: "it was closed")
    }

    func turn() -> SocketWait? {
        guard !isClosed else { return nil }
        answerGivenUp()
        if let result = connector.take() { adopt(result) }
        if let nextTry, nextTry <= .now { beginToConnect() }
        guard let connection else { return .until(nextTry) }
        do {
            try read(connection)
            lookWhenIdle()
            if mayWrite { try connection.together { () throws(AMQPFailure) in try write(connection) } }
        } catch {
            lose(error)
            return .until(nextTry)
        }
        return SocketWait(
            socket: connection.socket, wantsRoom: mayWrite && !connection.hasRoom(),
            milliseconds: min(connection.heartbeatWaitMilliseconds, SocketWait.until(lookAt).milliseconds))
    }
}

// MARK: - Frames

extension PublishConnection {
    private var mayWrite: Bool {
        guard blockedReason == nil else { return false }
        return bodyRest != nil || (outboxTaken < outbox.count && window.count < Self.unconfirmedMax)
    }

    private func write(_ connection: AMQPConnection) throws(AMQPFailure) {
        while mayWrite, connection.hasRoom() {
            if let rest = bodyRest {
                let piece = rest.prefix(AMQPConnection.pieceBytes)
                try connection.sendBody(piece, on: Self.channel)
                bodyRest = piece.count < rest.count ? rest.dropFirst(piece.count) : nil
                continue
            }
            let publish = outbox[outboxTaken]
            outboxTaken += 1
            // Before it is sent: from the first byte on it may arrive.
            window.add(publish)
            try connection.sendPublish(publish.message, to: publish.queue, on: Self.channel)
            bodyRest = publish.message.body.isEmpty ? nil : publish.message.body
        }
        // Half of the array at a time, so that a publish is moved once on average.
        if outboxTaken * 2 > outbox.count {
            outbox.removeFirst(outboxTaken)
            outboxTaken = 0
        }
    }

    private func read(_ connection: AMQPConnection) throws(AMQPFailure) {
        while let (_, frame) = try connection.nextFrame() {
            switch frame {
            case .confirmed(let tag, let multiple):
                mayPublish()
                for publish in window.take(tag, multiple: multiple) {
                    let error = BrokerError.unknownQueue(publish.queue)
                    publish.continuation?.resume(returning: publish.isReturned ? .failure(error) : .success(()))
                }
            case .refused(let tag, let multiple):
                // A full queue refuses. So does one that fails in this moment: its message is not safe either, and to
                // publish again later is right too.
                mayPublish()
                for publish in window.take(tag, multiple: multiple) {
                    publish.continuation?.resume(returning: .failure(.queueFull(queue: publish.queue)))
                }
            case .returned(let queue): returnedQueue = queue
            case .header(let properties, _):
                // The confirm follows; a return has no number, but what is sent first comes back first.
                guard let queue = returnedQueue else { break }
                returnedQueue = nil
                window.changeOldest(
                    where: { !$0.isReturned && $0.queue == queue && $0.message.id == properties.id },
                    { $0.isReturned = true })
            case .blocked(let reason):
                blockedReason = reason
                setState()
                logger.warning("broker takes no publishes", metadata: [LogKey.error: "\(reason)"])
            case .unblocked:
                blockedReason = nil
                setState()
                logger.notice("broker takes publishes again")
            case .channelClosed(let code, let reason):
                if code == 406, let limit = Self.messageBytesMax(in: reason) { bodyBytesMax = min(bodyBytesMax, limit) }
                throw .refused(code: code, reason: reason)
            case .connectionClosed(let reason): throw .broken(reason: reason)
            case .deliver, .body, .cancelled, .other: break
            }
        }
    }
}

extension PublishConnection {
    /// The limit that RabbitMQ names where a message is larger: "message size 9 is larger than configured max size 8".
    private static func messageBytesMax(in reason: String) -> Int? {
        guard let place = reason.firstRange(of: "max size ") else { return nil }
        return Int(reason[place.upperBound...].prefix { $0.isNumber })
    }
}

// MARK: - Losing and finding the connection

extension PublishConnection {
    private func lose(_ failure: AMQPFailure) {
        if case .refused(403, let reason) = failure { return refuse(reason) }
        logger.warning(
            "connection to the broker lost",
            metadata: [LogKey.connection: "publish", LogKey.error: "\(failure.reason)"])
        fail(reason: failure.reason)
        planNextTry(failure.reason)
    }

    /// Answers all: whether what was sent arrived is unknown, and what was not may be tried elsewhere.
    ///
    /// - Parameters:
    ///   - reason: Why there is no connection.
    ///   - isRefused: Whether the broker refused one of those that were sent: of these the last has surely not arrived,
    ///     because it takes none after the one that it refuses.
    private func fail(reason: String, isRefused: Bool = false) {
        connection = nil
        bodyRest = nil
        returnedQueue = nil
        var (sent, waiting) = (window.takeAll(), Array(outbox[outboxTaken...]))
        outbox = []
        outboxTaken = 0
        if isRefused, let last = sent.popLast() { waiting.insert(last, at: 0) }
        for publish in sent {
            let isTooLarge = publish.message.body.count > bodyBytesMax
            publish.continuation?.resume(
                returning: .failure(isTooLarge ? Self.tooLarge(bodyBytesMax) : .unconfirmed(reason: reason)))
        }
        for publish in waiting {
            let error: BrokerError =
                isRefused ? .refused(queue: publish.queue, reason: reason) : .unavailable(reason: reason)
            publish.continuation?.resume(returning: .failure(error))
        }
    }

    private func planNextTry(_ reason: String) {
        board.set(.publishing, .away(reason: reason))
        planNextTry()
    }

    private func planNextTry() {
        var generator = SystemRandomNumberGenerator()
        nextTry = .now + backoff.next(using: &generator)
    }

    private func beginToConnect() {
        nextTry = nil
        connector.begin(
            configuration, purpose: "publish",
            prepare: { connection throws(AMQPFailure) in
                try connection.openChannel(Self.channel)
                try connection.confirmPublishes(on: Self.channel)
            }, whenDone: { [thread] in thread.wake() })
    }

    private func adopt(_ result: Result<AMQPConnection, RabbitMQError>) {
        switch result {
        case .success(let connection):
            self.connection = connection
            window = ConfirmWindow()
            blockedReason = nil
            lookAt = .now
            setState()
            if refusal != nil { break }
            backoff.reset()
            told = []
            if firstConnection == nil {
                logger.notice("connection to the broker is back", metadata: [LogKey.connection: "publish"])
            }
        case .failure(let error) where firstConnection == nil:
            // Each reason once: a login that is refused is no network that is gone.
            logger.log(
                level: told.insert("\(error)").inserted ? .warning : .debug, "broker not reached; it is tried again",
                metadata: [LogKey.connection: "publish", LogKey.error: "\(error)"])
            planNextTry("\(error)")
        // The first one who asks decides whether to try again.
        case .failure: break
        }
        firstConnection?.resume(returning: result.map { _ in })
        firstConnection = nil
    }
}

// MARK: - The right to publish

extension PublishConnection {
    /// How long it is believed that this user may publish, while nothing is published.
    private var lookPause: Duration { min(.seconds(10), configuration.idleConsumerMax) }
    /// No queue has this name: what is published to it comes back, after RabbitMQ has looked whether the user may publish.
    private static let nowhere = "sluice.nowhere"

    /// Publishes to nowhere, now and then, while nobody else publishes: a right that is taken away says nothing by itself.
    private func lookWhenIdle() {
        guard lookAt <= .now else { return }
        lookAt = .now + lookPause
        guard outbox.isEmpty, window.count == 0, blockedReason == nil else { return }
        let message = Message(id: Self.nowhere, body: Data())
        lastNumber += 1
        outbox.append(Publish(number: lastNumber, message: message, queue: Self.nowhere, continuation: nil))
    }

    /// This user may not publish: from now on nothing is, and connections are made with growing pauses to ask again.
    private func refuse(_ said: String) {
        let reason = "\(said); give the user the right to write to that exchange, over which all queues are reached"
        if refusal == nil {
            logger.error(
                "broker does not let this user publish",
                metadata: [LogKey.connection: "publish", LogKey.error: "\(reason)"])
        }
        refusal = reason
        fail(reason: reason, isRefused: true)
        setState()
        planNextTry()
    }

    /// The broker has answered a publish, so this user may.
    private func mayPublish() {
        lookAt = .now + lookPause
        guard refusal != nil else { return }
        refusal = nil
        backoff.reset()
        told = []
        setState()
        logger.notice("broker lets this user publish again", metadata: [LogKey.connection: "publish"])
    }

    /// Says how things are while the broker is reached.
    private func setState() {
        if let refusal {
            board.set(.publishing, .mayNotPublish(reason: refusal))
        } else if let blockedReason {
            board.set(.publishing, .blocked(reason: blockedReason))
        } else {
            board.set(.publishing, .ready)
        }
    }
}
