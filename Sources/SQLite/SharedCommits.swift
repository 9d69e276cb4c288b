import GRDB
import Synchronization

/// Lets writes that wait at the same moment share one transaction.
final class SharedCommits: Sendable {
    /// The most writes that share a transaction, so that none waits long for its commit.
    private static let batchMax = 256

    /// Answers the caller once the transaction has ended: with the error of the commit, or with the write's own result.
    private typealias Finish = @Sendable ((any Error)?) -> Void

    private struct Write: Sendable {
        /// Does the write in a savepoint of its own.
        let perform: @Sendable (Database) -> Finish
        /// Answers the caller of a write that was never done.
        let fail: @Sendable (any Error) -> Void
    }

    private struct Waiting {
        var writes: [Write] = []
        var isDraining = false
    }

    private let database: any DatabaseWriter
    private let waiting = Mutex(Waiting())

    init(database: any DatabaseWriter) {
        self.database = database
    }

    func run<Value: Sendable>(_ update: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let startsDrain = waiting.withLock { waiting in
                waiting.writes.append(
                    Write { database in
                        let result = Result { try Self.inSavepoint(database, update) }
                        return { commitError in
                            continuation.resume(with: commitError.map { .failure($0) } ?? result)
                        }
                    } fail: {
                        continuation.resume(throwing: $0)
                    })
                defer { waiting.isDraining = true }
                return !waiting.isDraining
            }
            if startsDrain {
                // On the database's own thread; every continuation is resumed by the drain.
                database.asyncWriteWithoutTransaction { [self] in drain($0) }
            }
        }
    }

    private func drain(_ database: Database) {
        while true {
            let batch = waiting.withLock { waiting -> [Write] in
                let batch = Array(waiting.writes.prefix(Self.batchMax))
                waiting.writes.removeFirst(batch.count)
                waiting.isDraining = !batch.isEmpty
                return batch
            }
            if batch.isEmpty { return }
            var finishes: [Finish] = []
            var failure: (any Error)?
            do {
                try database.inTransaction(.immediate) {
                    for write in batch {
                        // A full disk makes SQLite roll back all by itself: nothing may be written after that.
                        guard database.isInsideTransaction else { throw DatabaseError(resultCode: .SQLITE_FULL) }
                        finishes.append(write.perform(database))
                    }
                    return .commit
                }
            } catch {
                failure = error
            }
            for finish in finishes { finish(failure) }
            if let failure {
                for write in batch.dropFirst(finishes.count) { write.fail(failure) }
            }
        }
    }

    private static func inSavepoint<Value>(
        _ database: Database, _ update: (Database) throws -> Value
    ) throws -> Value {
        var value: Value?
        try database.inSavepoint {
            value = try update(database)
            return .commit
        }
        // `inSavepoint` returns only after its block did, or throws.
        guard let value else { throw DatabaseError(resultCode: .SQLITE_INTERNAL) }
        return value
    }
}
