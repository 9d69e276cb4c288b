import Synchronization

/// Lets many invocations run together, or one alone.
///
/// First come, first served: once somebody waits to be alone, later ones wait behind, so that neither kind starves.
package final class IsolationGate: Sendable {
    /// With whom an invocation shares the process.
    package enum Mode: Sendable {
        /// With all others of this mode.
        case shared
        /// With nobody.
        case alone
    }

    fileprivate struct Waiter {
        let id: UInt64
        let mode: Mode
        let continuation: CheckedContinuation<Bool, Never>
    }

    fileprivate struct State {
        var inside = 0
        var someoneIsAlone = false
        var isClosed = false
        var waiters: [Waiter] = []
        var nextID: UInt64 = 0
    }

    private let state = Mutex(State())

    /// An open gate.
    package init() {}

    /// Runs `body` when the gate lets it in.
    ///
    /// - Returns: What `body` returns; nil where the task was cancelled, or the gate closed, before it was let in.
    package func pass<Value: Sendable>(_ mode: Mode, _ body: () async -> Value) async -> Value? {
        guard await enter(mode) else { return nil }
        defer { leave(mode) }
        return await body()
    }

    /// Lets nobody in any more; who waits is sent away.
    package func close() {
        let waiters = state.withLock { state in
            state.isClosed = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.continuation.resume(returning: false) }
    }

    private func enter(_ mode: Mode) async -> Bool {
        // Most find it open, and need not be able to wait.
        let mayPass = state.withLock { state in
            !Task.isCancelled && !state.isClosed && state.waiters.isEmpty && state.admit(mode)
        }
        if mayPass { return true }
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer = state.withLock { state -> Bool? in
                    // The handler below may have run before: it finds a waiter, or this finds the cancellation.
                    if Task.isCancelled || state.isClosed { return false }
                    if state.waiters.isEmpty, state.admit(mode) { return true }
                    state.waiters.append(Waiter(id: id, mode: mode, continuation: continuation))
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let (waiter, admitted) = state.withLock { state -> (Waiter?, [Waiter]) in
                // Not yet waiting, or inside already.
                guard let index = state.waiters.firstIndex(where: { $0.id == id }) else { return (nil, []) }
                let waiter = state.waiters.remove(at: index)
                return (waiter, state.admitWaiters())
            }
            waiter?.continuation.resume(returning: false)
            for waiter in admitted { waiter.continuation.resume(returning: true) }
        }
    }

    private func leave(_ mode: Mode) {
        let admitted = state.withLock { state in
            state.inside -= 1
            if mode == .alone { state.someoneIsAlone = false }
            return state.admitWaiters()
        }
        for waiter in admitted { waiter.continuation.resume(returning: true) }
    }
}

extension IsolationGate.State {
    fileprivate mutating func admit(_ mode: IsolationGate.Mode) -> Bool {
        guard !someoneIsAlone, mode == .shared || inside == 0 else { return false }
        inside += 1
        someoneIsAlone = mode == .alone
        return true
    }

    fileprivate mutating func admitWaiters() -> [IsolationGate.Waiter] {
        var admitted: [IsolationGate.Waiter] = []
        while let first = waiters.first, admit(first.mode) { admitted.append(waiters.removeFirst()) }
        return admitted
    }
}
