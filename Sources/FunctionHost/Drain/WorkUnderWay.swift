import Synchronization

/// Counts what an orderly end has to wait for: work on a message or a question that has begun.
///
/// Connections, watches and looks do not count. While nothing is under way they alone could keep a process, and each waits
/// as long as a server that does not answer lets it.
package final class WorkUnderWay: Sendable {
    private struct State {
        var count = 0
        /// How much has begun so far.
        var begun: UInt64 = 0
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    /// A count of nothing.
    package init() {}

    /// Something begins; ``end()`` must follow.
    package func begin() {
        state.withLock { state in
            state.count += 1
            state.begun += 1
        }
    }

    /// Something that had begun has ended.
    package func end() {
        let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            state.count -= 1
            guard state.count == 0 else { return [] }
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Waits until nothing has been under way for some time.
    package func untilQuiet(for time: Duration) async {
        while !Task.isCancelled {
            await untilNone()
            let begun = state.withLock { $0.begun }
            try? await Task.sleep(for: time)
            if state.withLock({ $0.count == 0 && $0.begun == begun }) { return }
        }
    }

    /// Ends with what is under way, which ends with the process at the latest.
    private func untilNone() async {
        await withCheckedContinuation { continuation in
            let isNone = state.withLock { state in
                if state.count > 0 { state.waiters.append(continuation) }
                return state.count == 0
            }
            if isNone { continuation.resume() }
        }
    }
}
