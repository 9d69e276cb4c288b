import Synchronization

/// What the writes that share a transaction know of it, so that they do not each read it again.
///
/// Nobody else writes to the file within a transaction. Each run of one begins with nothing.
package final class TransactionMemory: Sendable {
    private let known = Mutex<[ObjectIdentifier: any Sendable]>([:])

    init() {}

    /// The one value of a type in this run of the transaction, made when it is first asked for.
    ///
    /// - Parameter make: Makes it.
    /// - Returns: The same value for all who share the transaction.
    package func value<Value: AnyObject & Sendable>(_ make: () -> Value) -> Value {
        known.withLock { known in
            let key = ObjectIdentifier(Value.self)
            if let value = known[key] as? Value { return value }
            let value = make()
            known[key] = value
            return value
        }
    }
}
