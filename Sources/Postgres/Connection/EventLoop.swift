import Foundation
import FunctionKit
import Glibc
import Synchronization

/// The thread on which all connections live: it sleeps until a socket, a deadline or a job wakes it.
///
/// An actor's executor must outlast every job that might still be given to it, so there is one for the process and it
/// never ends. Nothing that blocks runs on it; see ``BlockingCall``.
final class EventLoop: SerialExecutor, TaskExecutor {
    /// What the loop tells of a socket, on its thread.
    protocol Watcher: AnyObject, Sendable {
        /// The socket can be read or written, or is broken.
        func socketIsReady()
        /// The deadline has passed; it is gone with this.
        func deadlineHasPassed()
    }

    /// What to wait for.
    struct Interest: OptionSet {
        let rawValue: Int16
        static let read = Interest(rawValue: Int16(POLLIN))
        static let write = Interest(rawValue: Int16(POLLOUT))
    }

    private struct Watch {
        let watcher: any Watcher
        var interest: Interest
        var deadline: ProcessClock.Instant?
    }

    private struct Jobs {
        var waiting: [UnownedJob] = []
        var closures: [@Sendable () -> Void] = []
        /// Whether the loop was woken and has not looked yet.
        var isWoken = false
    }

    /// A pipe: a byte in it ends the sleep.
    private let wakeups: (reading: Int32, writing: Int32)
    private let jobs = Mutex(Jobs())
    /// Few, so that they are handed to the kernel anew each time.
    private let watches = Mutex<[Int32: Watch]>([:])
    private let thread = Mutex<pthread_t?>(nil)

    /// The process's loop; nil where the system gives it no descriptors.
    static let shared: EventLoop? = EventLoop()

    private init?() {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { return nil }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        wakeups = (ends[0], ends[1])
        let thread = Thread { self.run() }
        thread.name = "postgres"
        thread.start()
    }

    // MARK: - Jobs

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        wake { $0.waiting.append(job) }
    }

    /// Runs a closure on the loop's thread, soon, for those who cannot wait for it.
    func perform(_ closure: @escaping @Sendable () -> Void) {
        wake { $0.closures.append(closure) }
    }

    private func wake(_ add: (inout Jobs) -> Void) {
        let mustWake = jobs.withLock { jobs in
            add(&jobs)
            defer { jobs.isWoken = true }
            return !jobs.isWoken
        }
        guard mustWake else { return }
        // From the loop's own thread too: it looks for jobs before it sleeps, but not after its last look. Where the
        // pipe is full the loop wakes all the same.
        var byte: UInt8 = 0
        unsafe write(wakeups.writing, &byte, 1)
    }

    func checkIsolated() {
        precondition(isOnThread, "a connection is used outside its thread")
    }

    private var isOnThread: Bool { thread.withLock { $0 } == pthread_self() }

    private func runJobs() {
        let ready = jobs.withLock { jobs in
            defer { jobs = Jobs() }
            return jobs
        }
        for closure in ready.closures { closure() }
        for job in ready.waiting {
            unsafe job.runSynchronously(
                isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
        }
    }

    // MARK: - Sockets

    // Called on the loop's thread alone, between two sleeps.

    /// Waits for a socket from now on, until it is forgotten.
    func watch(_ socket: Int32, for interest: Interest, by watcher: any Watcher) {
        watches.withLock { watches in
            watches[socket] = Watch(watcher: watcher, interest: interest, deadline: watches[socket]?.deadline)
        }
    }

    /// Sets or ends the deadline of a socket that is watched.
    func setDeadline(_ deadline: ProcessClock.Instant?, of socket: Int32) {
        watches.withLock { $0[socket]?.deadline = deadline }
    }

    /// Ends the wait; to be called before the socket is closed.
    func forget(_ socket: Int32) {
        watches.withLock { _ = $0.removeValue(forKey: socket) }
    }

    /// The sockets that are waited for.
    var watchedSockets: [Int32] { watches.withLock { Array($0.keys) } }

    private func run() {
        thread.withLock { $0 = pthread_self() }
        while true {
            var polled = watches.withLock { watches in
                watches.map { pollfd(fd: $0.key, events: $0.value.interest.rawValue, revents: 0) }
            }
            polled.append(pollfd(fd: wakeups.reading, events: Int16(POLLIN), revents: 0))
            unsafe poll(&polled, nfds_t(polled.count), sleepMilliseconds())
            for descriptor in polled where descriptor.revents != 0 {
                if descriptor.fd == wakeups.reading {
                    emptyPipe()
                } else {
                    watches.withLock { $0[descriptor.fd]?.watcher }?.socketIsReady()
                }
            }
            for watcher in takePassedDeadlines() { watcher.deadlineHasPassed() }
            runJobs()
        }
    }

    private func emptyPipe() {
        var bytes = [UInt8](repeating: 0, count: 64)
        while unsafe read(wakeups.reading, &bytes, bytes.count) == bytes.count {}
    }

    /// Until the next deadline; -1 where there is none.
    private func sleepMilliseconds() -> Int32 {
        guard let next = watches.withLock({ $0.values.compactMap(\.deadline).min() }) else { return -1 }
        let left = ProcessClock.now.duration(to: next) / .milliseconds(1)
        return Int32(min(60_000, max(0, left.rounded(.up))))
    }

    private func takePassedDeadlines() -> [any Watcher] {
        watches.withLock { watches in
            guard watches.values.contains(where: { $0.deadline != nil }) else { return [] }
            let now = ProcessClock.now
            var passed: [any Watcher] = []
            for (socket, watch) in watches {
                guard let deadline = watch.deadline, deadline <= now else { continue }
                watches[socket]?.deadline = nil
                passed.append(watch.watcher)
            }
            return passed
        }
    }
}
