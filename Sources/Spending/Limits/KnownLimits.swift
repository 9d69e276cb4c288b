import Synchronization

/// Remembers the limits that were read last, so that they are read again only where others have come.
package final class KnownLimits: Sendable {
    /// Names the newest limits of a ledger; no other ones have both.
    package struct Head: Sendable, Hashable {
        /// The number of their decision.
        package let id: Int64
        /// Their digest.
        package let digest: String

        /// Makes a name.
        package init(id: Int64, digest: String) {
            self.id = id
            self.digest = digest
        }
    }

    private let known = Mutex<(head: Head, limits: [LedgerLimits])?>(nil)

    /// Remembers nothing yet.
    package init() {}

    /// The newest that need not be read again; nil for none.
    package var head: Head? { known.withLock { $0?.head } }

    /// The same, for one look of which others may learn more meanwhile.
    package var copy: KnownLimits {
        let copy = KnownLimits()
        copy.known.withLock { [known = known.withLock { $0 }] in $0 = known }
        return copy
    }

    /// Remembers what a look has found, unless it is older than what is known.
    package func take(_ look: KnownLimits) {
        guard let found = look.known.withLock({ $0 }) else { return }
        known.withLock { known in
            if known.map({ $0.head.id < found.head.id }) ?? true { known = found }
        }
    }

    /// All limits of a ledger, oldest first.
    ///
    /// - Parameters:
    ///   - head: The newest; nil where there are none.
    ///   - read: Reads all of them; called where they are not known.
    /// - Returns: The limits.
    /// - Throws: What `read` throws.
    package func limits<Failure: Error>(
        upTo head: Head?, read: () throws(Failure) -> [LedgerLimits]
    ) throws(Failure) -> [LedgerLimits] {
        guard let head else { return [] }
        if let known = known.withLock({ $0 }), known.head == head { return known.limits }
        let limits = try read()
        known.withLock { $0 = (head, limits) }
        return limits
    }
}
