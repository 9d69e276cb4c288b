import FunctionKit
import Postgres
import Spending
import Synchronization

/// Lets operations that wait at the same moment share one transaction.
///
/// One transaction is under way at a time: while the server does it, the next one gathers. What is done twice after a
/// broken connection was never committed before; see ``LedgerTransaction``.
final class LedgerCommits: Sendable {
    /// The most operations that share a transaction, so that none waits long for its commit.
    private static let batchMax = 256
    /// How often a transaction is tried whose connection broke or whose neighbours were in the way.
    private static let attemptsMax = 5

    private struct Waiting: Sendable {
        let operation: LedgerOperation
        let answer: CheckedContinuation<Result<LedgerAnswer, GovernorError>, Never>
    }

    private struct Queue {
        var waiting: [Waiting] = []
        var isDraining = false
        /// The number of the last transaction.
        var number: Int64 = 0
    }

    private let client: PostgresClient
    private let owner: String
    private let lease: Duration
    private let clock: LedgerClock
    private let queue = Mutex(Queue())
    private let abandoned = Mutex<Set<Int64>>([])

    init(client: PostgresClient, owner: String, lease: Duration, clock: LedgerClock) {
        self.client = client
        self.owner = owner
        self.lease = lease
        self.clock = clock
    }

    func abandon(_ hold: Int64) { abandoned.withLock { _ = $0.insert(hold) } }

    func run(_ operation: LedgerOperation) async throws(GovernorError) -> LedgerAnswer {
        let result = await withCheckedContinuation { continuation in
            let startsDrain = queue.withLock { queue in
                queue.waiting.append(Waiting(operation: operation, answer: continuation))
                defer { queue.isDraining = true }
                return !queue.isDraining
            }
            // Everybody in the queue awaits an answer of it, and cancelling one of them must not end it.
            if startsDrain { Task { await drain() } }
        }
        return try result.get()
    }

    @concurrent
    private func drain() async {
        while let (batch, number) = next() {
            let answers = await commit(batch.map(\.operation), number)
            for (waiting, answer) in zip(batch, answers) { waiting.answer.resume(returning: answer) }
        }
    }

    private func next() -> (batch: [Waiting], number: Int64)? {
        queue.withLock { queue in
            var batch: [Waiting] = []
            var left: [Waiting] = []
            var calls: Set<CallID> = []
            for waiting in queue.waiting {
                // What one does to a call the other must see.
                if batch.count < Self.batchMax, waiting.operation.call.map({ calls.insert($0).inserted }) ?? true {
                    batch.append(waiting)
                } else {
                    left.append(waiting)
                }
            }
            queue.waiting = left
            queue.isDraining = !batch.isEmpty
            guard !batch.isEmpty else { return nil }
            queue.number += 1
            return (batch, queue.number)
        }
    }

    private func commit(_ operations: [LedgerOperation], _ number: Int64) async -> LedgerTransaction.Answers {
        do throws(PostgresError) {
            return try await attempt(operations, number)
        } catch {
            // The fault is in somebody's values: whose, shows when each is alone.
            guard operations.count > 1, error.state?.isAboutValues == true else {
                return operations.map { _ in .failure(.ledgerUnavailable(reason: error.description)) }
            }
        }
        var answers = LedgerTransaction.Answers()
        for operation in operations { answers += await commit([operation], nextNumber()) }
        return answers
    }

    private func nextNumber() -> Int64 {
        queue.withLock { queue in
            queue.number += 1
            return queue.number
        }
    }

    private func attempt(
        _ operations: [LedgerOperation], _ number: Int64
    ) async throws(PostgresError) -> LedgerTransaction.Answers {
        var doubted: LedgerTransaction.Answers?
        var failure = PostgresError.closed
        for _ in 0..<Self.attemptsMax {
            // Also before an operation that sweeps no other orphans: a dropped hold keeps its call from others.
            let given = abandoned.withLock { $0 }
            let transaction = LedgerTransaction(
                operations: operations, abandoned: given, clockMS: clock.milliseconds, owner: owner, lease: lease,
                number: number, doubted: doubted)
            do {
                switch try await client.withConnection({ try await transaction.run(on: $0) }) {
                case .done(let answers):
                    // Only now is their charge on the disk.
                    abandoned.withLock { $0.subtract(given) }
                    return answers
                case .inDoubt(let answers):
                    doubted = answers
                    failure = .commitInDoubt(server: client.configuration.server)
                }
            } catch let error as PostgresError {
                // Nothing was done. In doubt, that is the graver message.
                if doubted == nil { failure = error }
                guard error.mayPass else { throw failure }
            } catch {
                throw failure
            }
        }
        throw failure
    }
}

extension PostgresError {
    /// Whether the same transaction, of which nothing was done, may be done on another connection.
    fileprivate var mayPass: Bool {
        switch self {
        case .connectionLost: true
        default: state?.isWorthRepeating == true
        }
    }
}
