import FunctionKit
import Synchronization
import Waiting

/// A look at something that may answer late or never: one is under way at a time, however many ask, and nobody waits for it
/// longer than they can.
///
/// Others' waits cannot always be cancelled. A look that outlasts its askers ends with what it looks at, at the latest when
/// that is closed.
final class SharedLook<Value: Sendable>: Sendable {
    private struct State {
        var isUnderWay = false
        var askers: [UInt64: AsyncStream<Value>.Continuation] = [:]
        var nextID: UInt64 = 0
        var last: Value?
    }

    private let body: @Sendable () async -> Value
    private let state = Mutex(State())

    init(_ body: @escaping @Sendable () async -> Value) { self.body = body }

    /// What the last look found that has ended; nil before.
    var last: Value? { state.withLock { $0.last } }

    /// What the look that is under way finds, or a new one where none is; nil where it takes longer.
    func value(within patience: Duration) async -> Value? {
        let (values, feed) = AsyncStream.makeStream(of: Value.self, bufferingPolicy: .bufferingNewest(1))
        let (id, isFirst) = state.withLock { state in
            state.nextID += 1
            state.askers[state.nextID] = feed
            defer { state.isUnderWay = true }
            return (state.nextID, !state.isUnderWay)
        }
        if isFirst { Task { await look() } }
        defer { state.withLock { $0.askers[id] = nil } }
        return await Deadline(after: patience, by: .process).value { await values.first { _ in true } } ?? nil
    }

    private func look() async {
        let value = await body()
        let askers = state.withLock { state in
            state.isUnderWay = false
            state.last = value
            defer { state.askers = [:] }
            return state.askers
        }
        for asker in askers.values {
            asker.yield(value)
            asker.finish()
        }
    }
}
