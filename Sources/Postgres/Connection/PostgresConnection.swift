import CPostgres
import FunctionKit
import Synchronization

/// One connection, whose socket never blocks: it lives on the ``EventLoop``'s thread.
///
/// One batch of statements is under way at a time; others wait for it.
package actor PostgresConnection {
    private enum Phase {
        /// Being made; what waits for the socket, if anything.
        case connecting(CheckedContinuation<Void, Never>?)
        case open
        case closed
    }

    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    /// Where it leads.
    package nonisolated let configuration: PostgresConfiguration

    private nonisolated let loop: EventLoop
    /// Whether it is open and outside a transaction, so that somebody else may have it.
    private nonisolated let reusable = Atomic(false)
    private nonisolated let cancelHandle = Mutex<CancelHandle?>(nil)
    private var phase = Phase.connecting(nil)
    /// nil before the first step and after the end.
    private var handle: ConnectionHandle?
    /// The socket that the loop waits for.
    ///
    /// libpq no longer names one that it has closed, and the loop must forget that one too: its number soon belongs to
    /// somebody else.
    private var watched: Int32?
    private var batch: Batch?
    private var turns: [CheckedContinuation<Void, Never>] = []
    private var isTaken = false
    private var prepared = PreparedStatements()
    /// Asks, before each batch, whether the session is still the same; nil where no pooler stands between.
    var ownSession: String?
    /// What the server ended the session with.
    private(set) var endState: SQLState?
    /// Whether it was ended because no answer came.
    private(set) var wasSilent = false
    /// Whether another session has to take its place.
    private var isSpoiled = false
    /// How long an answer may take: less while the session is being made.
    var answerTimeout: Duration
    private var hear: (@Sendable (PostgresNotification) -> Void)?
    private var heardEnd: (@Sendable () -> Void)?

    private init(_ configuration: PostgresConfiguration, loop: EventLoop) {
        self.configuration = configuration
        self.loop = loop
        answerTimeout = min(configuration.connectTimeout, configuration.answerTimeout)
    }

    /// Makes a connection whose session is what the configuration asks for.
    ///
    /// - Throws: ``PostgresError/cannotConnect(server:state:reason:)``, ``PostgresError/noSession(server:within:)``,
    ///   ``PostgresError/unfit(server:reason:)`` or ``PostgresError/standby(server:)``.
    package static func open(_ configuration: PostgresConfiguration) async throws(PostgresError) -> PostgresConnection {
        let connection = try await make(configuration)
        do throws(PostgresError) {
            try await connection.begin()
        } catch {
            await connection.close()
            throw error
        }
        return connection
    }

    /// Makes a connection whose session is as it came.
    static func make(_ configuration: PostgresConfiguration) async throws(PostgresError) -> PostgresConnection {
        guard let loop = EventLoop.shared else {
            throw .cannotConnect(
                server: configuration.server, state: nil, reason: "the process has no file descriptors left")
        }
        var addresses: [String] = []
        if !configuration.host.hasPrefix("/") {
            let host = configuration.host
            guard let found = await BlockingCall.run({ AddressLookup.addresses(of: host) }) else {
                throw .cannotConnect(server: configuration.server, state: nil, reason: "there is no such host")
            }
            addresses = found
        }
        let connection = PostgresConnection(configuration, loop: loop)
        try await connection.connect(to: addresses)
        return connection
    }

    /// The process that serves it, as was said at the start: by the server itself, or a number of the pooler's own.
    var startedBy: Int { handle.map { unsafe Int(PQbackendPID($0.pointer)) } ?? 0 }

    /// Whether it is open and outside a transaction.
    package nonisolated var isReusable: Bool { reusable.load(ordering: .acquiring) }

    /// Ends it; what is under way fails with ``PostgresError/connectionLost(server:)``.
    package func close() { lose() }

    /// The same, soon, for somebody who cannot wait for it.
    nonisolated func leaveBehind() {
        loop.perform { self.assumeIsolated { $0.lose() } }
    }

    // MARK: - Statements

    /// Runs one statement.
    ///
    /// - Throws: As ``pipeline(_:isCancellable:)``.
    @discardableResult
    package func run(
        _ statement: PostgresStatement, isCancellable: Bool = true
    ) async throws(PostgresError) -> PostgresResult {
        guard let result = try await pipeline([statement], isCancellable: isCancellable).first else {
            throw .connectionLost(server: configuration.server)
        }
        return result
    }

    /// Runs statements in one round trip: the first that fails ends them all.
    ///
    /// Outside a transaction they are one by themselves.
    ///
    /// - Parameters:
    ///   - statements: In order.
    ///   - isCancellable: Whether cancellation of the task cancels them on the server; one that stays silent then is taken
    ///     to be dead after the time that making a connection may take.
    /// - Returns: A result each.
    /// - Throws: ``PostgresError/refused(server:state:constraint:)``, ``PostgresError/connectionLost(server:)``,
    ///   ``PostgresError/unexpectedType(column:)``, ``PostgresError/cancelled``, or ``PostgresError/unfit(server:reason:)``
    ///   where a pooler gave it another session: nothing is done there.
    package func pipeline(
        _ statements: [PostgresStatement], isCancellable: Bool = true
    ) async throws(PostgresError) -> [PostgresResult] {
        await takeTurn()
        defer { passTurn() }
        guard case .open = phase else { throw .connectionLost(server: configuration.server) }
        if isCancellable, Task.isCancelled { throw .cancelled }
        let cancellation = Cancellation()
        let handle = cancelHandle.withLock { $0 }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { send(Batch(statements, $0)) }
        } onCancel: {
            guard isCancellable, let handle else { return }
            cancellation.ask { handle.cancel() }
            loop.perform { self.assumeIsolated { $0.hurry() } }
        }
        if case .open = phase { await cancellation.settled() }
        if case .failure(.refused(_, .queryCancelled, _)) = result, isCancellable, Task.isCancelled { throw .cancelled }
        return try result.get()
    }

    /// What is under way was cancelled: a server that does not say so in the time of a connection is taken to be dead.
    private func hurry() {
        guard batch != nil, let handle else { return }
        loop.setDeadline(.now + min(configuration.connectTimeout, configuration.answerTimeout), of: handle.socket)
    }

    private func takeTurn() async {
        if isTaken {
            await withCheckedContinuation { turns.append($0) }
        } else {
            isTaken = true
        }
    }

    private func passTurn() {
        if turns.isEmpty { isTaken = false } else { turns.removeFirst().resume() }
    }

    private func send(_ batch: Batch) {
        guard let handle else { return batch.finish(failing: .connectionLost(server: configuration.server)) }
        self.batch = batch
        reusable.store(false, ordering: .releasing)
        // A transaction's level can only be set by its first statement, and one that failed answers nothing until its end.
        let first = batch.statements.prefix { $0.sql.hasPrefix("BEGIN") || $0.sql.hasPrefix("ROLLBACK") }
        let isSent =
            first.allSatisfy { send($0, of: batch, on: handle) } && askForOwnSession(batch, on: handle)
            && batch.statements.dropFirst(first.count).allSatisfy { send($0, of: batch, on: handle) }
        guard isSent, unsafe PQpipelineSync(handle.pointer) == 1 else { return lose() }
        loop.setDeadline(.now + answerTimeout, of: handle.socket)
        flush()
    }

    private func askForOwnSession(_ batch: Batch, on handle: ConnectionHandle) -> Bool {
        guard let ownSession else { return true }
        batch.expect(.ownSession)
        return unsafe PQsendQueryParams(handle.pointer, ownSession, 0, nil, nil, nil, nil, 1) == 1
    }

    private func send(_ statement: PostgresStatement, of batch: Batch, on handle: ConnectionHandle) -> Bool {
        let values = ParameterBuffer(statement.values)
        let name = prepared.name(of: statement, types: values.types, in: batch)
        if let name, name.isNew {
            batch.expect(.preparation(text: statement.sql, name: name.text))
            guard
                unsafe PQsendPrepare(
                    handle.pointer, name.text, statement.sql, Int32(values.types.count), values.types) == 1
            else { return false }
        }
        batch.expect(.statement)
        return unsafe values.withPointers { count, pointers, lengths, formats in
            if let name {
                unsafe PQsendQueryPrepared(handle.pointer, name.text, count, pointers, lengths, formats, 1)
            } else {
                unsafe PQsendQueryParams(
                    handle.pointer, statement.sql, count, values.types, pointers, lengths, formats, 1)
            }
        } == 1
    }

    // MARK: - Notifications

    /// Calls a closure for each notification from now on, and another once none can come any more.
    func listen(
        _ hear: @escaping @Sendable (PostgresNotification) -> Void, end: @escaping @Sendable () -> Void
    ) {
        guard case .open = phase else { return end() }
        self.hear = hear
        heardEnd = end
    }

    // MARK: - The socket

    private func connect(to addresses: [String]) async throws(PostgresError) {
        guard let handle = ConnectionHandle(configuration.keywords(addresses: addresses)) else {
            throw cannotConnect("there is no memory")
        }
        self.handle = handle
        let deadline = ProcessClock.now + configuration.connectTimeout
        var next = PGRES_POLLING_WRITING
        while next != PGRES_POLLING_OK {
            guard next != PGRES_POLLING_FAILED, unsafe PQstatus(handle.pointer) != CONNECTION_BAD else {
                throw cannotConnect(handle.failure, state: handle.state)
            }
            await untilReady(handle.socket, for: next == PGRES_POLLING_READING ? .read : .write, by: deadline)
            guard self.handle != nil else { throw .connectionLost(server: configuration.server) }
            guard ProcessClock.now < deadline else {
                throw cannotConnect("no answer within \(configuration.connectTimeout.whole)")
            }
            if Task.isCancelled {
                end(.cancelled)
                throw .cancelled
            }
            next = unsafe PQconnectPoll(handle.pointer)
        }
        guard unsafe PQsetnonblocking(handle.pointer, 1) == 0, unsafe PQenterPipelineMode(handle.pointer) == 1 else {
            throw cannotConnect("libpq has no pipeline mode")
        }
        phase = .open
        let cancel = CancelHandle(handle)
        cancelHandle.withLock { $0 = cancel }
        watch(handle.socket, for: .read)
    }

    private func watch(_ socket: Int32, for interest: EventLoop.Interest) {
        if watched != socket { forget() }
        watched = socket
        loop.watch(socket, for: interest, by: self)
    }

    private func forget() {
        if let watched { loop.forget(watched) }
        watched = nil
    }

    private func cannotConnect(_ reason: String, state: SQLState? = nil) -> PostgresError {
        end(.connectionLost(server: configuration.server))
        return .cannotConnect(server: configuration.server, state: state, reason: reason)
    }

    private func untilReady(_ socket: Int32, for interest: EventLoop.Interest, by end: ProcessClock.Instant) async {
        await withCheckedContinuation { continuation in
            phase = .connecting(continuation)
            watch(socket, for: interest)
            loop.setDeadline(end, of: socket)
        }
        // libpq may take another socket with its next step.
        forget()
    }

    private func proceed() {
        switch phase {
        case .connecting(let waiter):
            phase = .connecting(nil)
            waiter?.resume()
        case .open:
            guard let handle, unsafe PQconsumeInput(handle.pointer) == 1 else { return lose() }
            takeResults(handle)
            takeNotifications(handle)
            flush()
        case .closed: break
        }
    }

    private func flush() {
        guard case .open = phase, let handle else { return }
        switch unsafe PQflush(handle.pointer) {
        case 0: watch(handle.socket, for: .read)
        case 1: watch(handle.socket, for: [.read, .write])
        default: lose()
        }
    }

    private func takeResults(_ handle: ConnectionHandle) {
        while let batch, unsafe PQisBusy(handle.pointer) == 0 {
            guard let result = unsafe PQgetResult(handle.pointer) else {
                // The end of one statement's results.
                guard batch.advance() else { return lose() }
                continue
            }
            defer { unsafe PQclear(result) }
            switch unsafe PQresultStatus(result) {
            case PGRES_PIPELINE_SYNC:
                self.batch = nil
                prepared.add(batch.prepared)
                loop.setDeadline(nil, of: handle.socket)
                let isIdle = unsafe PQtransactionStatus(handle.pointer) == PQTRANS_IDLE
                reusable.store(isIdle && !isSpoiled, ordering: .releasing)
                batch.finish()
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK: unsafe batch.take(result)
            case PGRES_PIPELINE_ABORTED: break
            default:
                // Without a code it is libpq that speaks: the connection is broken.
                guard let state = unsafe PQresultErrorField(result, Int32(UInt8(ascii: "C"))) else { return lose() }
                let code = unsafe SQLState(rawValue: String(cString: state))
                if code == .divisionByZero, batch.asksForOwnSession {
                    return end(PostgresSession.lost(by: configuration))
                }
                if code.endsSession {
                    endState = code
                    return lose()
                }
                if code.spoilsSession { isSpoiled = true }
                let constraint = unsafe PQresultErrorField(result, Int32(UInt8(ascii: "n")))
                batch.fail(
                    .refused(
                        server: configuration.server, state: code,
                        constraint: unsafe constraint.map { unsafe String(cString: $0) }))
            }
        }
        // Between batches there is nothing but an end.
        if batch == nil, unsafe PQstatus(handle.pointer) == CONNECTION_BAD { lose() }
    }

    private func takeNotifications(_ handle: ConnectionHandle) {
        guard case .open = phase else { return }
        while let notification = unsafe PQnotifies(handle.pointer) {
            unsafe hear?(
                PostgresNotification(
                    channel: String(cString: notification.pointee.relname),
                    payload: String(cString: notification.pointee.extra)))
            unsafe PQfreemem(notification)
        }
    }

    private func lose() { end(.connectionLost(server: configuration.server)) }

    private func end(_ error: PostgresError) {
        if case .closed = phase { return }
        if case .connecting(let waiter) = phase { waiter?.resume() }
        phase = .closed
        reusable.store(false, ordering: .releasing)
        cancelHandle.withLock { $0 = nil }
        forget()
        handle = nil
        heardEnd?()
        (hear, heardEnd) = (nil, nil)
        let batch = batch
        self.batch = nil
        batch?.finish(failing: error)
    }
}

extension PostgresConnection: EventLoop.Watcher {
    nonisolated func socketIsReady() { assumeIsolated { $0.proceed() } }

    nonisolated func deadlineHasPassed() {
        assumeIsolated { connection in
            // While it is being made, the one who makes it looks at the time.
            if case .connecting = connection.phase { return connection.proceed() }
            connection.wasSilent = true
            connection.lose()
        }
    }
}
