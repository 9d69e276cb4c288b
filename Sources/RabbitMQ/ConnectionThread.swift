import Dispatch
import Foundation
import Glibc
import Synchronization

/// What a connection's thread waits for between two turns.
struct SocketWait {
    /// The socket; -1 while there is none.
    var socket: Int32
    /// Whether it waits for room to write too.
    var wantsRoom = false
    /// The longest wait.
    var milliseconds: Int32
}

/// An actor that owns a socket and lives on a ``ConnectionThread``.
protocol SocketOwner: Actor {
    /// Reads and writes what can be read and written without waiting; nil once it is closed for good.
    func turn() -> SocketWait?
}

/// A thread that runs one actor's jobs and, between them, waits for the actor's socket.
///
/// Jobs are taken over all at once, then the actor has its turn: what a batch of jobs has to write goes out together.
/// Whoever adds a job to a sleeping thread wakes it through a pipe, so nothing is polled for.
final class ConnectionThread: SerialExecutor {
    private struct State {
        var jobs: [UnownedJob] = []
        var isAsleep = false
        var hasEnded = false
        var thread: pthread_t?
    }

    /// Room for the deepest header.
    ///
    /// Decoding recurses once for each level of a header's tables; the 26,000 levels that fit into a frame of 128 KiB
    /// need less than this. Only touched pages cost memory.
    private static let stackSize = 64 << 20

    private let state = Mutex(State())
    /// The ends of the pipe.
    private let wakeup: (reading: Int32, writing: Int32)
    /// Runs what comes after the thread's end.
    private let afterwards = DispatchQueue(label: "rabbitmq-closed")

    /// Makes a thread that is not started yet; jobs wait for it.
    ///
    /// - Throws: ``RabbitMQError/failed(reason:)`` where the process has too many files open.
    init() throws(RabbitMQError) {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { throw .failed(reason: "too many files are open") }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        wakeup = (ends[0], ends[1])
    }

    deinit {
        close(wakeup.reading)
        close(wakeup.writing)
    }

    /// Starts the thread, which keeps the owner until the owner's last turn.
    func start(_ name: String, owner: some SocketOwner) {
        let thread = Thread { [self] in run(owner) }
        thread.name = name
        thread.stackSize = Self.stackSize
        thread.start()
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let (isLate, wakes) = state.withLock { state in
            if state.hasEnded { return (true, false) }
            state.jobs.append(job)
            defer { state.isAsleep = false }
            return (false, state.isAsleep)
        }
        if isLate {
            afterwards.async { unsafe job.runSynchronously(on: self.asUnownedSerialExecutor()) }
        } else if wakes {
            wake()
        }
    }

    /// Lets the owner have a turn soon.
    func wake() {
        // It fails only when the pipe is full, and then the thread wakes anyway.
        var byte: UInt8 = 1
        _ = unsafe write(wakeup.writing, &byte, 1)
    }

    func asUnownedSerialExecutor() -> UnownedSerialExecutor { unsafe UnownedSerialExecutor(ordinary: self) }

    func checkIsolated() {
        precondition(
            state.withLock { $0.thread.map { pthread_equal($0, pthread_self()) != 0 } ?? false },
            "not on the connection's thread")
    }

    private func run(_ owner: some SocketOwner) {
        state.withLock { $0.thread = pthread_self() }
        while true {
            for job in takeJobs() { unsafe job.runSynchronously(on: asUnownedSerialExecutor()) }
            if let wait = owner.assumeIsolated({ $0.turn() }) {
                if fallAsleep() { sleep(wait) }
            } else if end() {
                return
            }
        }
    }

    private func takeJobs() -> [UnownedJob] {
        state.withLock { state in
            defer { state.jobs.removeAll(keepingCapacity: true) }
            return state.jobs
        }
    }

    /// Whether there is nothing to run; from then on a new job wakes the thread.
    private func fallAsleep() -> Bool {
        state.withLock { state in
            state.isAsleep = state.jobs.isEmpty
            return state.isAsleep
        }
    }

    private func end() -> Bool {
        state.withLock { state in
            state.hasEnded = state.jobs.isEmpty
            return state.hasEnded
        }
    }

    private func sleep(_ wait: SocketWait) {
        let events = Int16(wait.wantsRoom ? POLLIN | POLLOUT : POLLIN)
        var descriptors = [
            pollfd(fd: wakeup.reading, events: Int16(POLLIN), revents: 0),
            pollfd(fd: wait.socket, events: events, revents: 0),
        ]
        // A signal ends it early, which costs no more than a turn.
        unsafe poll(&descriptors, 2, wait.milliseconds)
        state.withLock { $0.isAsleep = false }
        var bytes: (UInt64, UInt64) = (0, 0)
        if descriptors[0].revents != 0 { _ = unsafe read(wakeup.reading, &bytes, 16) }
    }
}
