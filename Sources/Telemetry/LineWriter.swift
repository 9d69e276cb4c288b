import Dispatch
import Foundation
import Glibc
import Synchronization

/// The buffer of a ``LineOutput`` and the thread that empties it, which ends with it.
final class LineWriter: Sendable {
    private struct State {
        var bytes: [UInt8] = []
        var dropped = 0
        /// Lines taken or dropped.
        var position: UInt64 = 0
        var written: UInt64 = 0
        var waiters: [(position: UInt64, signal: DispatchSemaphore)] = []
        var isAsleep = true
        var isClosed = false
        var describeDrops: @Sendable (Int) -> String = { "\($0) log lines were dropped, because nobody read them" }
    }

    private let descriptor: Int32
    private let bytesMax: Int
    private let state = Mutex(State())
    private let wakeup = DispatchSemaphore(value: 0)

    init(descriptor: Int32, bytesMax: Int) {
        self.descriptor = descriptor
        self.bytesMax = bytesMax
    }

    func start() {
        let thread = Thread { [self] in run() }
        thread.name = "log"
        thread.start()
    }

    func add(_ line: String) {
        wake { state in
            state.position += 1
            guard state.bytes.count + line.utf8.count < bytesMax else {
                state.dropped += 1
                return
            }
            state.bytes.append(contentsOf: line.utf8)
            state.bytes.append(UInt8(ascii: "\n"))
        }
    }

    func describeDrops(_ line: @escaping @Sendable (Int) -> String) { state.withLock { $0.describeDrops = line } }

    func flush(within limit: Duration) -> Bool {
        let signal = state.withLock { state -> DispatchSemaphore? in
            guard state.written < state.position else { return nil }
            let signal = DispatchSemaphore(value: 0)
            state.waiters.append((state.position, signal))
            return signal
        }
        guard let signal else { return true }
        return signal.wait(timeout: .now() + limit / .seconds(1)) == .success
    }

    func close() { wake { $0.isClosed = true } }

    private func wake(_ change: (inout State) -> Void) {
        let wasAsleep = state.withLock { state in
            change(&state)
            defer { state.isAsleep = false }
            return state.isAsleep
        }
        if wasAsleep { wakeup.signal() }
    }

    // MARK: - The thread

    private func run() {
        while true {
            wakeup.wait()
            while let batch = takeBatch() {
                write(batch.bytes)
                finish(batch.position)
            }
            if state.withLock({ $0.isClosed }) { return }
        }
    }

    private func takeBatch() -> (bytes: [UInt8], position: UInt64)? {
        let (bytes, note, position) = state.withLock { state -> ([UInt8], String?, UInt64) in
            guard state.written < state.position else {
                state.isAsleep = !state.isClosed
                return ([], nil, 0)
            }
            defer {
                state.bytes = []
                state.dropped = 0
            }
            // What was dropped came after what is in the buffer, and before all that comes from now on.
            return (
                state.bytes, state.dropped > 0 ? state.describeDrops(state.dropped) + "\n" : nil, state.position
            )
        }
        return position == 0 ? nil : (bytes + (note.map { Array($0.utf8) } ?? []), position)
    }

    private func finish(_ position: UInt64) {
        let done = state.withLock { state in
            state.written = position
            let done = state.waiters.filter { $0.position <= position }
            state.waiters.removeAll { $0.position <= position }
            return done
        }
        for waiter in done { waiter.signal.signal() }
    }

    /// Waits where the reader is slow; where it is gone, nobody is left to tell.
    private func write(_ bytes: [UInt8]) {
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[written...])
                return unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
            }
            if count > 0 {
                written += count
            } else if errno == EAGAIN {
                // Another program may have set the pipe or terminal that all share not to block.
                var room = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                unsafe poll(&room, 1, -1)
            } else if errno != EINTR {
                return
            }
        }
    }
}
