import GRDB
import Synchronization

/// Lets writes that wait at the same moment share one transaction.
final class SharedCommits: Sendable {
    /// The most writes that share a transaction, so that none waits long for its commit.
    private static let batchMax = 256

    private struct Outcome {
        /// Answers the caller once the transaction has ended: with its error, or with the write's own result.
        let finish: ((any Error)?) -> Void
        /// The write's own error.
        let error: (any Error)?
    }

    private struct Write: Sendable {
        /// Does the write in a savepoint of its own.
        let perform: @Sendable (Database) -> Outcome
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
                        return Outcome(
                            finish: { continuation.resume(with: $0.map { .failure($0) } ?? result) },
                            error: result.failure)
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
            commit(batch, to: database)
        }
    }

    private func commit(_ batch: [Write], to database: Database) {
        var outcomes: [Outcome] = []
        var failure: (any Error)?
        do {
            try database.inTransaction(.immediate) {
                for write in batch {
                    let outcome = write.perform(database)
                    outcomes.append(outcome)
                    // On a full disk, among others, SQLite may roll the whole transaction back by itself
                    // (<https://www.sqlite.org/lang_transaction.html>): nothing may be written after that, and
                    // everybody learns the reason instead of a failed commit.
                    if !database.isInsideTransaction, let error = outcome.error { throw error }
                }
                return .commit
            }
        } catch {
            failure = error
        }
        for outcome in outcomes { outcome.finish(failure) }
        if let failure {
            for write in batch.dropFirst(outcomes.count) { write.fail(failure) }
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

extension Result {
    fileprivate var failure: Failure? {
        if case .failure(let error) = self { error } else { nil }
    }
}
