import Glibc
import Synchronization

/// Where the handler of signals writes; below zero before there is a pipe.
///
/// Global, because a C function can hold nothing.
private let signalsGoTo = Atomic<Int32>(-1)

/// The way of a signal to the thread that waits for it: a pipe, since a handler may hardly do more than write a byte.
enum SignalPipe {
    /// Opens the pipe and gives its end to read from; nil where the process has no descriptors left.
    static func open() -> Int32? {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { return nil }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        // A full pipe has signals enough in it.
        _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
        signalsGoTo.store(ends[1], ordering: .relaxed)
        return ends[0]
    }

    /// Lets a signal write its number into the pipe from now on.
    static func take(_ number: Int32) {
        var action = sigaction()
        unsafe action.__sigaction_handler.sa_handler = { number in
            // Async-signal-safe: an atomic that is made before, and `write` (signal-safety(7)).
            let error = errno
            var byte = UInt8(truncatingIfNeeded: number)
            _ = unsafe write(signalsGoTo.load(ordering: .relaxed), &byte, 1)
            errno = error
        }
        action.sa_flags = SA_RESTART
        unsafe sigaction(number, &action, nil)
    }

    /// What ``next(_:within:)`` gives after ``wake()``.
    static let noSignal: Int32 = 0

    /// Wakes the thread that waits for signals.
    static func wake() {
        // A full pipe has woken it.
        var byte = UInt8(truncatingIfNeeded: noSignal)
        _ = unsafe write(signalsGoTo.load(ordering: .relaxed), &byte, 1)
    }

    /// Signals of timers, of input and for a program's own use, none of which are used here.
    ///
    /// A monitor or a slip of the hand sends them. A write beyond the largest size is told by its own error.
    static let meaningless = [SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGIO, SIGXFSZ]

    /// Lets a signal do nothing from now on.
    static func ignore(_ number: Int32) { _ = signal(number, SIG_IGN) }

    /// Whether a signal does nothing to this process.
    static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        guard unsafe sigaction(number, nil, &action) == 0 else { return false }
        return unsafe unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
            == unsafeBitCast(SIG_IGN, to: Int.self)
    }

    /// Lets this thread get signals, which others may have shut out for it.
    static func unblock(_ numbers: [Int32]) {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        for number in numbers { unsafe sigaddset(&set, number) }
        unsafe pthread_sigmask(SIG_UNBLOCK, &set, nil)
    }

    /// Waits for the next signal, or until a time is over; nil for as long as it takes.
    static func next(_ reading: Int32, within limit: Duration?) -> Int32? {
        var descriptor = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
        let milliseconds = limit.map { Int32(clamping: Int(($0 / .milliseconds(1)).rounded(.up))) } ?? -1
        guard unsafe poll(&descriptor, 1, milliseconds) == 1 else { return nil }
        var byte: UInt8 = 0
        return unsafe read(reading, &byte, 1) == 1 ? Int32(byte) : nil
    }

    /// Ends the process as a signal does that nobody takes.
    static func die(of number: Int32) -> Never {
        _ = signal(number, SIG_DFL)
        _ = raise(number)
        // The first process of a container cannot be killed by a signal of its own.
        _exit(128 + number)
    }
}
