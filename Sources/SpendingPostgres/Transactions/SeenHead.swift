import Postgres
import Synchronization

/// The last entry that a host has seen in its ledger, so that it notices a fall-back to a copy that lacks it.
///
/// What others write into such a copy makes it no better: the very entry is looked for. Nothing of a copy is taken note of,
/// so that a host goes on by itself when it meets the server again that has all commits.
final class SeenHead: Sendable {
    private let server: String
    private let last = Mutex<Int64>(0)

    init(server: String) { self.server = server }

    /// The entry to look for; 0 where none was seen.
    var lastID: Int64 { last.withLock(\.self) }

    /// Reads the ledger's head, got by ``LedgerHead/lock(clockMS:seen:)`` with ``lastID``, and takes note of its entry.
    ///
    /// - Parameters:
    ///   - result: The head.
    ///   - isLocked: Whether it was locked. What ``LedgerHead/look(clockMS:seen:)`` gives may be older than what this host has
    ///     committed meanwhile.
    /// - Returns: The head.
    /// - Throws: `PostgresError.unfit` where the ledger is a copy that lacks entries, or has no head.
    func head(_ result: PostgresResult, isLocked: Bool = true) throws(PostgresError) -> LedgerHead {
        guard let row = result.rows.first else {
            throw .unfit(server: server, reason: LedgerInspection.headMissing)
        }
        let head = try LedgerHead(row)
        let seen = last.withLock { last in
            // Meanwhile another of this host's connections may have seen more, on another server.
            if head.hasSeen, head.lastID >= last { last = head.lastID }
            return last
        }
        guard head.hasSeen, head.lastID >= seen || !isLocked else {
            throw .unfit(
                server: server, reason: "its ledger ends at entry \(head.lastID) and \(Self.lacks(seen))")
        }
        return head
    }

    /// Looks for the last entry that was seen.
    var witness: CommitWitness {
        CommitWitness { [self] in
            let seen = lastID
            guard seen > 0 else { return nil }
            let text = CommitWitness.condition("EXISTS (SELECT FROM journal WHERE id = $1)")
            return (PostgresStatement(text, [.int8(seen)]), "its ledger \(Self.lacks(seen))")
        }
    }

    private static func lacks(_ seen: Int64) -> String {
        "lacks entry \(seen), which this host has seen, so it is a copy without the last commits; name the server that has "
            + "them, or restart all hosts to go on without them"
    }

    /// Takes note of what this host has committed.
    func note(_ id: Int64) { last.withLock { $0 = max($0, id) } }
}
