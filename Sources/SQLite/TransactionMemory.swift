package import GRDB
import Synchronization

/// What the writes that share a transaction know of it, so that they do not each read it again.
///
/// Nobody else writes to the file within a transaction. Each run of one begins with nothing.
package final class TransactionMemory: Sendable {
    /// What changes with many writes of a transaction, and is written to the file once, at its end.
    package protocol Pending: AnyObject, Sendable {
        /// Writes what the file does not have yet.
        ///
        /// - Throws: Any error; the whole transaction is undone then.
        func write(to database: Database) throws
    }

    private let known = Mutex<[ObjectIdentifier: any Pending]>([:])

    init() {}

    /// The one value of a type in this run of the transaction, made when it is first asked for.
    ///
    /// - Parameter make: Makes it.
    /// - Returns: The same value for all who share the transaction.
    package func value<Value: Pending>(_ make: () -> Value) -> Value {
        known.withLock { known in
            let key = ObjectIdentifier(Value.self)
            if let value = known[key] as? Value { return value }
            let value = make()
            known[key] = value
            return value
        }
    }

    /// Writes what is left to write, just before the transaction's end.
    func write(to database: Database) throws {
        for value in known.withLock({ Array($0.values) }) { try value.write(to: database) }
    }
}
