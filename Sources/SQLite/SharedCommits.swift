import GRDB
import Synchronization

/// Lets writes that wait at the same moment share one transaction.
///
/// They have no savepoints, which would cost more than most writes: where one throws after it changed something, or
/// the shared transaction ends badly, all of it is undone, and every write is done again in a transaction of its own.
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
        /// Does the write in a transaction; another run begins anew.
        let perform: @Sendable (Database, TransactionMemory) -> Outcome
        /// Answers the caller of a write that was never done.
        let fail: @Sendable (any Error) -> Void
    }

    /// How a shared transaction ended.
    private enum Ending {
        case committed([Outcome], (any Error)?)
        /// Nothing of it is left, and none of its callers was answered.
        case undone
        case neverBegun(any Error)
    }

    private struct Waiting {
        var writes: [Write] = []
        var isDraining = false
    }

    private let database: any DatabaseWriter
    /// Nil in memory.
    private let guardian: CommitGuard?
    private let waiting = Mutex(Waiting())

    init(database: any DatabaseWriter, guardian: CommitGuard?) {
        self.database = database
        self.guardian = guardian
    }

    func run<Value: Sendable>(
        _ update: @escaping @Sendable (Database, TransactionMemory) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let startsDrain = waiting.withLock { waiting in
                waiting.writes.append(
                    Write { database, memory in
                        let result = Result { try update(database, memory) }
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
        while let answers = commitNext(to: database) {
            for answer in answers { answer() }
        }
    }

    /// Commits what waits, and gives what answers the callers; nil where nothing waits.
    ///
    /// The writes themselves, and what they hold, are gone when the first caller is answered.
    private func commitNext(to database: Database) -> [() -> Void]? {
        let batch = waiting.withLock { waiting -> [Write] in
            let batch = Array(waiting.writes.prefix(Self.batchMax))
            waiting.writes.removeFirst(batch.count)
            waiting.isDraining = !batch.isEmpty
            return batch
        }
        return batch.isEmpty ? nil : commit(batch, to: database)
    }

    private func commit(_ batch: [Write], to database: Database) -> [() -> Void] {
        if batch.count > 1 {
            switch commitTogether(batch, to: database) {
            case .committed(let outcomes, let error): return outcomes.map { outcome in { outcome.finish(error) } }
            case .neverBegun(let error):
                return batch.map { write in
                    let fail = write.fail
                    return { fail(error) }
                }
            case .undone: break
            }
        }
        var answers: [() -> Void] = []
        var locked: (any Error)?
        for write in batch {
            // Once one has waited in vain for another program's lock, the others do not wait as long each.
            if let error = locked {
                let fail = write.fail
                answers.append { fail(error) }
            } else {
                let (answer, error) = commitAlone(write, to: database)
                answers.append(answer)
                locked = error
            }
        }
        return answers
    }

    private func commitTogether(_ batch: [Write], to database: Database) -> Ending {
        var hasBegun = false
        let memory = TransactionMemory()
        var outcomes: [Outcome] = []
        outcomes.reserveCapacity(batch.count)
        do {
            let error = try transaction(database) {
                hasBegun = true
                let shape = try Self.shape(database)
                for write in batch {
                    let changes = database.totalChangesCount
                    let outcome = write.perform(database, memory)
                    if let error = outcome.error {
                        // SQLite does not count changes of the tables themselves.
                        guard database.totalChangesCount == changes, try Self.shape(database) == shape else {
                            throw error
                        }
                    }
                    // On a full disk, among others, SQLite may roll the whole transaction back by itself
                    // (<https://www.sqlite.org/lang_transaction.html>), which a write may not have noticed.
                    guard database.isInsideTransaction else { throw DatabaseError(resultCode: .SQLITE_ABORT) }
                    outcomes.append(outcome)
                }
                try memory.write(to: database)
            }
            return .committed(outcomes, error)
        } catch {
            // Whose fault it was shows when each is alone, and who is alone learns its own reason.
            return hasBegun ? .undone : .neverBegun(error)
        }
    }

    /// Commits one write.
    ///
    /// - Returns: What answers its caller, and why the transaction could not begin, where it could not.
    private func commitAlone(_ write: Write, to database: Database) -> (answer: () -> Void, locked: (any Error)?) {
        let memory = TransactionMemory()
        var done: Outcome?
        do {
            let error = try transaction(database) {
                let own = write.perform(database, memory)
                done = own
                if let error = own.error { throw error }
                try memory.write(to: database)
            }
            let outcome = done
            return ({ outcome?.finish(error) }, nil)
        } catch {
            guard let outcome = done else {
                let fail = write.fail
                return ({ fail(error) }, error)
            }
            return ({ outcome.finish(error) }, nil)
        }
    }

    /// Runs a transaction on the file that was opened, and on no other.
    ///
    /// - Returns: Why what was committed does not count, where the file was moved meanwhile.
    /// - Throws: Why nothing was committed.
    private func transaction(_ database: Database, _ body: () throws -> Void) throws -> (any Error)? {
        var begun: StoreHead.Place?
        var hasChanges = false
        try database.inTransaction(.immediate) {
            begun = try guardian?.begin(database)
            let changes = database.totalChangesCount
            try body()
            hasChanges = database.totalChangesCount != changes
            if hasChanges { try guardian?.end(database) }
            return .commit
        }
        guard let guardian, let begun else { return nil }
        do {
            try guardian.committed(begun, changed: hasChanges)
            return nil
        } catch {
            return error
        }
    }

    /// Changes with every table that is made, altered or dropped.
    private static func shape(_ database: Database) throws -> Int64? {
        try Int64.fetchOne(database.cachedStatement(sql: "PRAGMA schema_version"))
    }
}

extension Result {
    fileprivate var failure: Failure? {
        if case .failure(let error) = self { error } else { nil }
    }
}
