import Synchronization

/// Counts the paid calls of one invocation, and what they cost.
final class CallCounter: Sendable {
    private let value = Mutex((calls: 0, nanoUSD: Int64(0)))

    /// How many there were.
    var count: Int { value.withLock { $0.calls } }

    /// What they cost, in nano-dollars.
    var nanoUSD: Int64 { value.withLock { $0.nanoUSD } }

    /// The next ordinal, from 0.
    func next() -> Int {
        value.withLock { value in
            defer { value.calls += 1 }
            return value.calls
        }
    }

    /// Adds what a call cost; beyond any amount it stays at the largest.
    func add(nanoUSD: Int64) {
        value.withLock { value in
            let (sum, overflows) = value.nanoUSD.addingReportingOverflow(nanoUSD)
            value.nanoUSD = overflows ? .max : sum
        }
    }
}
