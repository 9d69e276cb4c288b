/// Why PostgreSQL did not do what it was asked; each case names the server, none a value or a password.
package enum PostgresError: Error, Sendable, Hashable {
    /// The URL or a setting cannot be used. `reason` says which and why.
    case badConfiguration(reason: String)
    /// No connection could be made. `state` is nil where no server answered.
    case cannotConnect(server: String, state: SQLState?, reason: String)
    /// All of the pool's connections were in use for the whole waiting time.
    case noConnectionFree(server: String, limit: Int)
    /// Somebody took the connection, but no session came of it: a pooler has no place left, or the server is stuck.
    case noSession(server: String, within: Duration)
    /// The session is not one that can be worked with. `reason` says what it is and what to set.
    case unfit(server: String, reason: String)
    /// The server follows another one, and may only be read.
    case standby(server: String)
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
        default: state?.isWorthRepeating == true || state?.spoilsPlans == true
        }
    }

    /// Whether the same may succeed later without anybody changing what is asked: the server is away, busy, full, stopping, or a
    /// copy that may not be written yet.
    package var isPassing: Bool {
        switch self {
        case .connectionLost, .commitInDoubt, .noConnectionFree, .noSession, .standby: true
        // Another host may meet the right ones.
        case .unfit: true
        case .cannotConnect(_, nil, _): true
        default: state?.isPassing == true
        }
    }

    /// Whether a connection made in a moment may succeed: the server is starting, full, away, or about to be the one that is
    /// written.
    package var isWorthWaiting: Bool {
        switch self {
        case .cannotConnect(_, let state, _):
            state == nil || state == .tooManyConnections || state == .cannotConnectNow
                || state?.rawValue.hasPrefix("08") == true
        case .noSession, .standby: true
        default: false
        }
    }

    /// Whether there is no place for a further connection.
    var isLackOfPlaces: Bool {
        switch self {
        case .noSession: true
        case .cannotConnect(_, let state, _): state == .tooManyConnections
        default: false
        }
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
        case .noSession(let server, let limit):
            "\(server) took the connection and gave no session within \(limit.whole): a pooler there has no place left "
                + "(PgBouncer: default_pool_size, max_db_connections, max_user_connections), or the server is stuck"
        case .unfit(let server, let reason): "\(server) cannot be worked with: \(reason)"
        case .standby(let server):
            "\(server) follows another server and may only be read; name the one that is written, or wait until it is"
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

extension Duration {
    /// In words, such as `5 s`.
    var whole: String { "\(Int64((self / .seconds(1)).rounded())) s" }
}
