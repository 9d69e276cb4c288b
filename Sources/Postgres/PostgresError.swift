/// Why PostgreSQL did not do what it was asked; each case names the server, none a value or a password.
package enum PostgresError: Error, Sendable, Hashable {
    /// The URL or a setting cannot be used. `reason` says which and why.
    case badConfiguration(reason: String)
    /// No connection could be made. `state` is nil where no server answered.
    case cannotConnect(server: String, state: SQLState?, reason: String)
    /// All of the pool's connections were in use for the whole waiting time.
    case noConnectionFree(server: String, limit: Int)
    /// The connection broke or the server did not answer in time; what was under way is undone, or in doubt only where
    /// it was outside a transaction.
    case connectionLost(server: String)
    /// The connection broke while the transaction was being committed: it may have been.
    case commitInDoubt(server: String)
    /// The server refused a statement. `constraint` is the name of the constraint that would be broken.
    case refused(server: String, state: SQLState, constraint: String?)
    /// A result does not have the type that was asked for.
    case unexpectedType(column: Int)
    /// The tables were made by a newer program.
    case newer(server: String, migration: String)
    /// The task was cancelled; the statement too.
    case cancelled
    /// The client was closed.
    case closed

    /// The server's code, where it gave one.
    package var state: SQLState? {
        switch self {
        case .refused(_, let state, _): state
        case .cannotConnect(_, let state, _): state
        default: nil
        }
    }

    /// Whether statements that were undone, or do no harm when they are done twice, may succeed on another connection.
    package var isWorthRepeating: Bool {
        switch self {
        case .connectionLost: true
        default: state?.isWorthRepeating == true
        }
    }

    /// Whether the same may succeed later without anybody changing what is asked: the server is away, busy, full, stopping, or a
    /// copy that may not be written yet.
    package var isPassing: Bool {
        switch self {
        case .connectionLost, .commitInDoubt, .noConnectionFree: true
        case .cannotConnect(_, nil, _): true
        default: state?.isPassing == true
        }
    }

    /// Whether a connection made in a moment may succeed: the server is starting, full or away.
    package var isWorthWaiting: Bool {
        guard case .cannotConnect(_, let state, _) = self else { return false }
        return state == nil || state == .tooManyConnections || state == .cannotConnectNow
    }
}

extension PostgresError: CustomStringConvertible {
    /// One sentence for a person, with the server and what to do.
    package var description: String {
        switch self {
        case .badConfiguration(let reason): reason
        case .cannotConnect(let server, let state, let reason):
            "cannot connect to \(server): \(state?.meaning ?? reason)\(Self.code(state))"
        case .noConnectionFree(let server, let limit):
            "all \(limit) connections to \(server) are in use; try again, or allow more"
        case .connectionLost(let server): "the connection to \(server) was lost; try again"
        case .commitInDoubt(let server):
            "the connection to \(server) was lost during a commit, which may have been done; look before repeating it"
        case .refused(let server, let state, let constraint):
            "\(server) refused: \(state.meaning ?? "an error")\(constraint.map { " (\($0))" } ?? "")\(Self.code(state))"
        case .unexpectedType(let column): "column \(column) of a result is of another type; run the migrations"
        case .newer(let server, let migration):
            "\(server) was used by a newer sluice (it has \(migration)); use that one"
        case .cancelled: "cancelled"
        case .closed: "the client of PostgreSQL is closed"
        }
    }

    private static func code(_ state: SQLState?) -> String { state.map { ", SQLSTATE \($0.rawValue)" } ?? "" }
}
