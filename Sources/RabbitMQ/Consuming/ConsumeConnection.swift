import Logging
import Messaging
import Synchronization

/// The connection that consumes, settles deliveries, and makes and counts queues; it never publishes.
///
/// Each consumer has a channel of its own, so that one that works long does not keep others from acknowledging many
/// at once, and an error of its channel is its own.
actor ConsumeConnection: SocketOwner {
    struct Consumer {
        let queue: String
        let prefetch: Int
        /// Nil while it has to be started again.
        var channel: UInt16?
        /// Delivered and not asked for yet.
        var ready: [Delivery] = []
        var backoff = ReconnectBackoff()
        var nextTry: ContinuousClock.Instant?
        /// Whether it was told that it is lost.
        var isToldLost = false
        /// Whether a delivery came since the last look at those that are idle.
        var hasBrought = false
    }

    /// What became of a delivery that was to be handed back.
    enum HandBack {
        case done
        /// It comes near RabbitMQ's limit of deliveries: to be published anew and acknowledged.
        case mustBePublished
    }

    /// Requests that belong to no consumer.
    static let controlChannel: UInt16 = 1
    /// A message handed back so often is published anew, half way to ``Topology/deliveryLimit``: the rest is for
    /// consumers that die with it.
    static let handBacksMax = 9
    static let closeSeconds: Int32 = 2

    nonisolated let thread: ConnectionThread
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe thread.asUnownedSerialExecutor() }

    let configuration: RabbitMQConfiguration
    let board: StateBoard
    let logger: Logger
    let room = WaitingRoom<UInt64>()
    let connector = Connector()
    var firstConnection: CheckedContinuation<Result<Void, RabbitMQError>, Never>?
    var connection: AMQPConnection?
    var backoff = ReconnectBackoff()
    var nextTry: ContinuousClock.Instant?
    var isClosed = false

    /// All that was declared, in order.
    var topology: [DeclaredQueue] = []
    /// Why the queues are refused that could not be made again, by their names, and when that is tried anew.
    var refusals: [String: BrokerError] = [:]
    var declareAt: ContinuousClock.Instant?
    var declareBackoff = ReconnectBackoff()
    /// Why the queues are refused that this user may not consume, by their names.
    var unreadable: [String: BrokerError] = [:]
    /// Which of these was told last; nil where none was, or all are over.
    var refusal: BrokerError?
    /// Which queues were made on this connection, and when.
    var made: [String: ContinuousClock.Instant] = [:]
    /// Those that were made just before it was lost, and have not answered since.
    var newQueues: Set<String> = []
    /// Queues that do not answer, or may not, by their names, and the look at them that is under way.
    var suspects: [String: Suspect] = [:]
    /// When queues that took nothing were last asked whether they are full.
    var askedWhetherFull: [String: ContinuousClock.Instant] = [:]
    var look: SuspectLook?
    /// When it was last looked whether the broker still knows the consumers, and of which queues it did not.
    var checkedAt: ContinuousClock.Instant?
    var unknownConsumers: Set<String> = []
    static let checkPause = Duration.seconds(10)
    /// When idle consumers are started anew.
    var renewAt: ContinuousClock.Instant
    /// Why the broker was not reached since the connection was lost.
    var told: Set<String> = []
    /// The connection is new, and the broker may have come back empty.
    var mustDeclare = false
    var consumers: [UInt64: Consumer] = [:]
    var channels: [UInt16: ConsumedChannel] = [:]
    /// The channels that have something to write.
    var dirty: Set<UInt16> = []
    nonisolated let held = DeliveriesInHand()
    var lastNumber: UInt64 = 0
    /// Consumers whose stream is gone.
    let abandoned = Mutex<[UInt64]>([])

    init(_ configuration: RabbitMQConfiguration, board: StateBoard, logger: Logger) throws(RabbitMQError) {
        thread = try ConnectionThread()
        self.configuration = configuration
        renewAt = .now + configuration.idleConsumerMax
        self.board = board
        self.logger = logger
        thread.start("rabbitmq-consume", owner: self)
    }

    /// Connects for the first time.
    func connect() async throws(RabbitMQError) {
        beginToConnect()
        try await withCheckedContinuation { firstConnection = $0 }.get()
    }

    /// Hands back all that is in hand and closes the connection for good.
    func close() {
        isClosed = true
        // Where it fails, the end of the connection gives all back likewise.
        if let connection { try? flush(connection) }
        connection?.close(waitingSeconds: Self.closeSeconds)
        connection = nil
        held.removeAll()
        room.close()
    }

    func turn() -> SocketWait? {
        guard !isClosed else { return nil }
        if let result = connector.take() { adopt(result) }
        if let nextTry, nextTry <= .now { beginToConnect() }
        guard let connection else { return .until(nextTry) }
        do {
            endAbandoned()
            try attachDetached(connection)
            try lookAtSuspects(connection)
            try checkConsumers(connection)
            try read(connection)
            // After what has come by now, which would be delivered once more.
            try renewConsumers(connection)
            if !dirty.isEmpty { try flush(connection) }
            tellRefusals()
        } catch {
            lose(error.reason)
            return .until(nextTry)
        }
        let heartbeat = SocketWait(
            socket: connection.socket, milliseconds: connection.heartbeatWaitMilliseconds)
        let looks = look == nil ? suspects.values.map(\.at) : []
        let tries = ([declareAt] + consumers.values.map(\.nextTry)).compactMap(\.self)
        let next = SocketWait.until((looks + tries + [renewAt]).min())
        return next.milliseconds < heartbeat.milliseconds
            ? SocketWait(socket: connection.socket, milliseconds: next.milliseconds) : heartbeat
    }
}
