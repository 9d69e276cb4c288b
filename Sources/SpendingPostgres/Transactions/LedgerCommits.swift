import FoundationEssentials
import FunctionKit
import Postgres
import Spending
import Synchronization

/// Lets operations that wait at the same moment share one transaction.
///
/// There are two lanes, each a connection. While the server writes and flushes what one has sent, the other gathers what
/// waits by then and asks for the ledger, so that the server goes on with it the moment it is free. What is done twice
/// after a broken connection was never committed before; see ``LedgerTransaction``.
final class LedgerCommits: Sendable {
    /// One writes, one gathers; a third would only make the batches smaller.
    static let lanes = 2
    /// The most operations that share a transaction, so that none waits long for its commit.
    private static let batchMax = 256
    /// How often a transaction is tried whose connection broke or whose neighbours were in the way.
    private static let attemptsMax = 5

    private struct Waiting: Sendable {
        let operation: LedgerOperation
        let waiter = SharedTransactionWaiter<Result<LedgerAnswer, GovernorError>>()
    }

    private struct Queue {
        var waiting: [Waiting] = []
        var freeLanes = Array(0..<LedgerCommits.lanes)
        /// Whether a lane is between taking its operations and sending what it writes.
        var isGathering = false
        /// The number of the last transaction.
        var number: Int64 = 0
        /// Who wait for the end of all lanes' work.
        var closing: [CheckedContinuation<Void, Never>] = []
        /// The counters that the last one needed, which the next one is likely to need.
        var counters = CounterRange()

        var isAtRest: Bool { waiting.isEmpty && freeLanes.count == LedgerCommits.lanes }

        /// Takes the lane that is to begin now; nil where none is to.
        mutating func begin() -> Int? {
            guard !isGathering, !waiting.isEmpty, let lane = freeLanes.popLast() else { return nil }
            isGathering = true
            return lane
        }
    }

    private let client: PostgresClient
    private let owner: String
    private let lease: Duration
    private let clock: LedgerClock
    /// What a caller gets who waits no longer.
    private let givenUp: GovernorError
    private let queue = Mutex(Queue())
    private let knownLimits: KnownLimits
    /// Holds that nobody will end, with their calls.
    private let abandoned = Mutex<[HoldID: KeyedCall]>([:])
    private let seen: SeenHead

    init(
        client: PostgresClient, owner: String, lease: Duration, clock: LedgerClock, knownLimits: KnownLimits,
        seen: SeenHead
    ) {
        self.knownLimits = knownLimits
        self.client = client
        self.owner = owner
        self.lease = lease
        self.clock = clock
        self.seen = seen
        givenUp = .ledgerUnavailable(
            reason: "\(client.configuration.server) did not answer before the time was up")
    }

    func abandon(_ hold: HoldID, of call: KeyedCall) { abandoned.withLock { $0[hold] = call } }

    /// Does an operation.
    ///
    /// - Parameters:
    ///   - operation: What to do.
    ///   - isCancellable: Whether a cancelled task waits no longer. A hold that it gets all the same is released.
    /// - Returns: What the operation gives.
    /// - Throws: What the operation throws, or ``GovernorError/ledgerUnavailable(reason:)``.
    func run(
        _ operation: LedgerOperation, isCancellable: Bool = false
    ) async throws(GovernorError) -> LedgerAnswer {
        let waiting = Waiting(operation: operation)
        return try await waiting.waiter.answer(ifCancelled: isCancellable ? .failure(givenUp) : nil) {
            join(waiting)
        }.get()
    }

    private func join(_ waiting: Waiting) {
        start(
            queue.withLock { queue in
                queue.waiting.append(waiting)
                return queue.begin()
            })
    }

    private func start(_ lane: Int?) {
        guard let lane else { return }
        // Everybody in the batch awaits an answer of it, and cancelling one of them must not end it; `close()` awaits its end.
        Task { await commitNext(on: lane) }
    }

    @concurrent
    private func commitNext(on lane: Int) async {
        let batch = take()
        let gathering = Atomic(true)
        let answers = await commit(batch.map(\.operation), on: lane) { [self] in
            guard gathering.exchange(false, ordering: .relaxed) else { return }
            start(endGathering())
        }
        for (waiting, answer) in zip(batch, answers) where !waiting.waiter.give(answer) {
            giveBack(answer, of: waiting.operation)
        }
        // One that failed has not told that it has decided.
        if gathering.load(ordering: .relaxed) { start(endGathering()) }
        let (next, closing) = queue.withLock { queue in
            queue.freeLanes.append(lane)
            let next = queue.begin()
            defer { if queue.isAtRest { queue.closing = [] } }
            return (next, queue.isAtRest ? queue.closing : [])
        }
        start(next)
        for continuation in closing { continuation.resume() }
    }

    /// Releases a hold for which nobody waits any more: its call was surely never made.
    private func giveBack(_ answer: Result<LedgerAnswer, GovernorError>, of operation: LedgerOperation) {
        guard case .success(.admission(.held(let hold, _, _, _))) = answer, let call = operation.call else { return }
        // Where this fails, the hold ends with its lease.
        join(Waiting(operation: .release(hold, call)))
    }

    /// Waits until no lane works any more.
    func close() async {
        await withCheckedContinuation { continuation in
            let isAtRest = queue.withLock { queue in
                if !queue.isAtRest { queue.closing.append(continuation) }
                return queue.isAtRest
            }
            if isAtRest { continuation.resume() }
        }
    }

    private func endGathering() -> Int? {
        queue.withLock { queue in
            queue.isGathering = false
            return queue.begin()
        }
    }

    private func take() -> [Waiting] {
        queue.withLock { queue in
            var batch: [Waiting] = []
            var left: [Waiting] = []
            var calls: Set<UUID> = []
            for waiting in queue.waiting where !waiting.waiter.isGone {
                // What one does to a call the other must see.
                if batch.count < Self.batchMax, waiting.operation.call.map({ calls.insert($0.key).inserted }) ?? true {
                    batch.append(waiting)
                } else {
                    left.append(waiting)
                }
            }
            queue.waiting = left
            return batch
        }
    }

    /// Calls `decided` when only the server's work is left.
    private func commit(
        _ operations: [LedgerOperation], on lane: Int, decided: @escaping @Sendable () -> Void
    ) async -> LedgerTransaction.Answers {
        // Of a batch whose callers have all gone nothing is left.
        if operations.isEmpty { return [] }
        do throws(PostgresError) {
            return try await attempt(operations, on: lane, decided: decided)
        } catch {
            // The fault is in somebody's values: whose, shows when each is alone.
            guard operations.count > 1, error.state?.isAboutValues == true else {
                let isUnstorable = operations.count == 1 && error.state?.isUnstorable == true
                let failure: GovernorError =
                    isUnstorable ? .unstorable : .ledgerUnavailable(reason: error.description)
                return operations.map { _ in .failure(failure) }
            }
        }
        var answers = LedgerTransaction.Answers()
        for operation in operations { answers += await commit([operation], on: lane, decided: {}) }
        return answers
    }

    private func nextNumber() -> Int64 {
        queue.withLock { queue in
            queue.number += 1
            return queue.number
        }
    }

    private func attempt(
        _ operations: [LedgerOperation], on lane: Int, decided: @escaping @Sendable () -> Void
    ) async throws(PostgresError) -> LedgerTransaction.Answers {
        let number = nextNumber()
        var doubted: LedgerTransaction.Answers?
        var failure = PostgresError.closed
        for _ in 0..<Self.attemptsMax {
            // Also before an operation that sweeps no other orphans: a dropped hold keeps its call from others.
            let given = abandoned.withLock { $0 }
            let transaction = LedgerTransaction(
                operations: operations, abandoned: given, clockMS: clock.milliseconds, machineClock: clock.machine,
                owner: owner, lease: lease, lane: "\(owner)/\(lane)", number: number, doubted: doubted,
                expected: queue.withLock { $0.counters },
                knownLimits: knownLimits, seen: seen, decided: decided)
            do {
                switch try await client.withConnection({ try await transaction.run(on: $0) }) {
                case .done(let answers, let counters):
                    queue.withLock { $0.counters = counters }
                    // Only now is their charge on the disk.
                    abandoned.withLock { $0 = $0.filter { given[$0.key] == nil } }
                    return answers
                case .inDoubt(let answers):
                    doubted = answers
                    failure = .commitInDoubt(server: client.configuration.server)
                }
            } catch let error as PostgresError {
                // Nothing was done. In doubt, that is the graver message.
                if doubted == nil { failure = error }
                guard error.isWorthRepeating else { throw failure }
            } catch {
                throw failure
            }
        }
        throw failure
    }
}
