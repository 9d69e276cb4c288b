import Postgres
import Synchronization

/// Lets writes that wait at the same moment share one transaction, one round trip and one flush of the server's disk.
///
/// Who finds nobody at it takes the lead: it sends what waits by then, its own write among it, in pipeline mode, and
/// passes the lead to the first of those who came meanwhile. So nothing runs that nobody awaits.
final class HistoryWrites: Sendable {
    /// The most writes that share a transaction, so that none waits long for its commit.
    private static let batchMax = 256
    /// How often a transaction is tried whose connection broke or whose neighbours were in the way.
    private static let attemptsMax = 5

    private enum Turn {
        case lead
        case over(Result<Int, PostgresError>)
    }

    private struct Waiting {
        let write: HistoryWrite
        let turn: CheckedContinuation<Turn, Never>
    }

    private struct Line {
        var waiting: [Waiting] = []
        var isLed = false
    }

    private let client: PostgresClient
    private let notification: @Sendable ([String]) -> PostgresStatement
    private let line = Mutex(Line())

    /// Makes a line.
    ///
    /// - Parameters:
    ///   - client: Where writes go.
    ///   - notification: Tells the askers of some questions that something has happened.
    init(client: PostgresClient, notification: @escaping @Sendable ([String]) -> PostgresStatement) {
        self.client = client
        self.notification = notification
    }

    /// Writes, and waits until it is on the disk.
    ///
    /// - Returns: How many rows it changed.
    func run(_ write: HistoryWrite) async throws(PostgresError) -> Int {
        let turn = await withCheckedContinuation { continuation in
            let leads = line.withLock { line in
                if line.isLed { line.waiting.append(Waiting(write: write, turn: continuation)) }
                defer { line.isLed = true }
                return !line.isLed
            }
            if leads { continuation.resume(returning: .lead) }
        }
        return switch turn {
        case .lead: try await lead(write)
        case .over(let result): try result.get()
        }
    }

    private func lead(_ own: HistoryWrite) async throws(PostgresError) -> Int {
        let others = line.withLock { line in
            let others = Array(line.waiting.prefix(Self.batchMax - 1))
            line.waiting.removeFirst(others.count)
            return others
        }
        let results = await commit([own] + others.map(\.write))
        if case .failure(.cancelled) = results[0] {
            // The leader gave up before anything was sent; the others have not.
            line.withLock { $0.waiting.insert(contentsOf: others, at: 0) }
        } else {
            for (other, result) in zip(others, results.dropFirst()) { other.turn.resume(returning: .over(result)) }
        }
        let next = line.withLock { line in
            line.isLed = !line.waiting.isEmpty
            return line.isLed ? line.waiting.removeFirst() : nil
        }
        next?.turn.resume(returning: .lead)
        return try results[0].get()
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
        // Hosts that write of the same questions do so in the same order; what is written of one stays in its own.
        let order = writes.indices.sorted { (writes[$0].questionID, $0) < (writes[$1].questionID, $1) }
        let awaited = Set(writes.filter(\.isAwaited).map(\.questionID))
        var statements = order.map { writes[$0].statement }
        if !awaited.isEmpty { statements.append(notification(awaited.sorted())) }
        var attempt = 1
        while true {
            do {
                // Outside a transaction a pipeline is one by itself.
                let results = try await client.withConnection { connection in
                    try await connection.pipeline(statements, isCancellable: false)
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
