import Postgres
import Synchronization

/// Lets writes that wait at the same moment share one transaction, one round trip and one flush of the server's disk.
///
/// One transaction is under way at a time; what comes meanwhile goes with the next. One that nobody awaits any more is
/// given up, so that a server that stays silent holds up nobody who comes later.
final class HistoryWrites: Sendable {
    /// The most writes that share a transaction, so that none waits long for its commit.
    private static let batchMax = 256
    /// How often a transaction is tried whose connection broke or whose neighbours were in the way.
    private static let attemptsMax = 5

    private struct Waiting {
        let write: HistoryWrite
        let waiter = SharedTransactionWaiter<Result<Int, PostgresError>>()
    }

    private struct Line {
        /// In the order in which they came.
        var waiting: [Waiting] = []
        /// The transaction under way.
        var batch: (writes: [Waiting], task: Task<Void, Never>)?
        /// Who wait for the end of all transactions.
        var closing: [CheckedContinuation<Void, Never>] = []
    }

    private let client: PostgresClient
    private let witness: CommitWitness?
    private let notification: @Sendable ([String]) -> PostgresStatement
    private let line = Mutex(Line())

    /// Makes a line.
    ///
    /// - Parameters:
    ///   - client: Where writes go.
    ///   - witness: Keeps them from a copy.
    ///   - notification: Tells those who wait for some runs that something has happened.
    init(
        client: PostgresClient, witness: CommitWitness?,
        notification: @escaping @Sendable ([String]) -> PostgresStatement
    ) {
        self.client = client
        self.witness = witness
        self.notification = notification
    }

    /// Writes, and waits until it is on the disk.
    ///
    /// - Parameters:
    ///   - write: What to write.
    ///   - isCancellable: Whether a cancelled task waits no longer; the write may be done all the same then.
    /// - Returns: How many rows it changed.
    /// - Throws: ``PostgresError``.
    func run(_ write: HistoryWrite, isCancellable: Bool = false) async throws(PostgresError) -> Int {
        let waiting = Waiting(write: write)
        return try await waiting.waiter.answer(
            ifCancelled: isCancellable ? .failure(.cancelled) : nil, whenGivenUp: { endUnawaited() },
            join: {
                line.withLock { $0.waiting.append(waiting) }
                beginNext()
            }
        ).get()
    }

    /// Waits until all writes have ended.
    func close() async {
        await withCheckedContinuation { continuation in
            line.withLock { $0.closing.append(continuation) }
            beginNext()
        }
    }

    /// Ends the transaction under way where everybody has given it up.
    private func endUnawaited() {
        let unawaited = line.withLock { line in
            line.batch.flatMap { $0.writes.allSatisfy(\.waiter.isGone) ? $0.task : nil }
        }
        unawaited?.cancel()
    }

    /// Begins the next transaction where none is under way, or tells those who wait for the end of all.
    private func beginNext() {
        let closing = line.withLock { line -> [CheckedContinuation<Void, Never>] in
            guard line.batch == nil else { return [] }
            line.waiting.removeAll(where: \.waiter.isGone)
            guard !line.waiting.isEmpty else {
                defer { line.closing = [] }
                return line.closing
            }
            let batch = Array(line.waiting.prefix(Self.batchMax))
            line.waiting.removeFirst(batch.count)
            // Everybody in the batch awaits it, and it is cancelled when nobody does; `close()` awaits its end.
            line.batch = (batch, Task(executorPreference: PostgresClient.executor) { await self.run(batch) })
            return []
        }
        for continuation in closing { continuation.resume() }
    }

    @concurrent
    private func run(_ batch: [Waiting]) async {
        let results = await commit(batch.map(\.write))
        line.withLock { $0.batch = nil }
        beginNext()
        for (waiting, result) in zip(batch, results) { waiting.waiter.give(result) }
    }

    /// A result each.
    private func commit(_ writes: [HistoryWrite]) async -> [Result<Int, PostgresError>] {
        do throws(PostgresError) {
            return try await commitTogether(writes).map { .success($0) }
        } catch {
            // The fault is in somebody's values: whose, shows when each is alone.
            guard writes.count > 1, error.state?.isAboutValues == true else {
                return writes.map { _ in .failure(error) }
            }
        }
        var results: [Result<Int, PostgresError>] = []
        for write in writes { results += await commit([write]) }
        return results
    }

    private func commitTogether(_ writes: [HistoryWrite]) async throws(PostgresError) -> [Int] {
        // Hosts that write of the same runs do so in the same order; what is written of one stays in its own.
        let order = writes.indices.sorted { (writes[$0].runID, $0) < (writes[$1].runID, $1) }
        let awaited = Set(writes.filter(\.isAwaited).map(\.runID))
        var statements = order.map { writes[$0].statement }
        if !awaited.isEmpty { statements.append(notification(awaited.sorted())) }
        var attempt = 1
        while true {
            do {
                // Outside a transaction a pipeline is one by itself.
                let results = try await client.withConnection { [witness] connection in
                    guard let witness else { return try await connection.pipeline(statements) }
                    return try await witness.pipeline(statements, on: connection)
                }
                var counts = Array(repeating: 0, count: writes.count)
                for (place, result) in zip(order, results) { counts[place] = result.count }
                return counts
            } catch let error as PostgresError {
                // Each write may be done twice.
                guard error.isWorthRepeating, attempt < Self.attemptsMax else { throw error }
                attempt += 1
            } catch {
                throw .closed
            }
        }
    }
}
