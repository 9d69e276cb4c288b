import Postgres
import Synchronization

/// The furthest that a host has seen the ledger come, so that it notices a fall-back to a copy without the last commits.
final class SeenHead: Sendable {
    private let server: String
    private let lastID = Mutex<Int64>(0)

    init(server: String) { self.server = server }

    /// Takes note of what was read under the ledger's lock.
    ///
    /// - Throws: `PostgresError.unfit` where the ledger has gone back.
    func check(_ id: Int64) throws(PostgresError) {
        let seen = lastID.withLock { seen in
            seen = max(seen, id)
            return seen
        }
        guard id < seen else { return }
        throw .unfit(
            server: server,
            reason:
                "its ledger ends at entry \(id) and this host has seen entry \(seen), so it is a copy without the last "
                + "commits; name the server that has them, or restart all hosts to go on without them")
    }

    /// Takes note of what this host has committed.
    func note(_ id: Int64) { lastID.withLock { $0 = max($0, id) } }
}
