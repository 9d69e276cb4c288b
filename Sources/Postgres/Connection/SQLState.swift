/// The server's five-character code of an error: <https://www.postgresql.org/docs/13/errcodes-appendix.html>.
package struct SQLState: RawRepresentable, Sendable, Hashable {
    /// The five characters.
    package let rawValue: String

    /// Makes a code.
    package init(rawValue: String) { self.rawValue = rawValue }

    /// Two transactions could not be put in an order; done again, it may succeed.
    package static let serializationFailure = SQLState(rawValue: "40001")
    /// Two transactions waited for each other; done again, it may succeed.
    package static let deadlockDetected = SQLState(rawValue: "40P01")
    /// The statement was cancelled, or took longer than `statement_timeout`.
    package static let queryCancelled = SQLState(rawValue: "57014")
    /// The server has no connection left.
    package static let tooManyConnections = SQLState(rawValue: "53300")
    /// The server is starting or stopping.
    package static let cannotConnectNow = SQLState(rawValue: "57P03")
    /// The password is wrong.
    package static let invalidPassword = SQLState(rawValue: "28P01")
    /// There is no such database.
    package static let unknownDatabase = SQLState(rawValue: "3D000")
    /// A lock was not free within `lock_timeout`.
    package static let lockNotAvailable = SQLState(rawValue: "55P03")
    /// The disk is full.
    package static let diskFull = SQLState(rawValue: "53100")
    /// The role may not do this.
    package static let insufficientPrivilege = SQLState(rawValue: "42501")
    /// The server is a copy that follows another, or was told to take no writes.
    package static let readOnlyTransaction = SQLState(rawValue: "25006")
    /// There is no such table, or none in a schema that the role may use.
    package static let undefinedTable = SQLState(rawValue: "42P01")
    /// There is no schema to make anything in, or none that the role may use.
    package static let invalidSchemaName = SQLState(rawValue: "3F000")
    /// A unique constraint would be broken.
    package static let uniqueViolation = SQLState(rawValue: "23505")
    /// A number was divided by zero.
    package static let divisionByZero = SQLState(rawValue: "22012")

    /// Whether the fault lies in the statement's own values: class 22 (a value that no column takes), 23 (constraints) and 54
    /// (too long for an index or a row).
    package var isAboutValues: Bool { ["22", "23", "54"].contains(rawValue.prefix(2)) }

    /// Whether the values can never be stored, whatever else is: classes 22 and 54.
    package var isUnstorable: Bool { ["22", "54"].contains(rawValue.prefix(2)) }

    /// Whether the same transaction may succeed when it is done again.
    package var isWorthRepeating: Bool { self == .serializationFailure || self == .deadlockDetected }

    /// Whether it lies in the server's present state, so that the same may succeed later: class 08 (the connection), 40
    /// (transactions in each other's way), 53 (short of memory, disk or connections), 55P03 and 55006 (somebody else has the
    /// lock or the object), 57 (stopped, starting, cancelled), 58 (trouble with a file), a copy that may only be read, and a
    /// plan that the session has to make anew.
    ///
    /// The one place that says so.
    package var isPassing: Bool {
        switch rawValue.prefix(2) {
        case "08", "40", "53", "57", "58": true
        default: self == .readOnlyTransaction || self == .lockNotAvailable || rawValue == "55006" || spoilsPlans
        }
    }

    /// Whether the session's prepared statements are no longer what they were.
    ///
    /// They are unknown, known already, or made before a table was changed. Another session has none of that.
    var spoilsPlans: Bool { ["26000", "42P05", "0A000"].contains(rawValue) }

    /// Whether the session is of no use any more, though it lives: for its plans, or because its server follows another now.
    var spoilsSession: Bool { spoilsPlans || self == .readOnlyTransaction }

    /// Whether the server, or a pooler before it, ends the session with it: class 08, class 57P and the session timeouts.
    var endsSession: Bool {
        rawValue.hasPrefix("08") || ["57P01", "57P02", "57P04", "57P05", "25P03", "25P04"].contains(rawValue)
    }

    /// What it means, in words; nil for the rarer ones.
    var meaning: String? {
        switch self {
        case .serializationFailure, .deadlockDetected: "another transaction was in the way; try again"
        case .queryCancelled: "it took longer than the statement timeout"
        case .tooManyConnections: "it has no connection left; raise max_connections or use smaller pools"
        case .cannotConnectNow: "it is starting or stopping; try again"
        case .invalidPassword: "the password is wrong"
        case .unknownDatabase: "there is no such database; create it or name another"
        case .lockNotAvailable: "another transaction kept a lock for too long; try again"
        case .diskFull: "its disk is full"
        case .insufficientPrivilege: "the role lacks a privilege; see deploy/postgres/roles.sql"
        case .undefinedTable:
            "a table is missing, or the role may not use its schema; run the migrations, or deploy/postgres/roles.sql "
                + "after a restore"
        case .invalidSchemaName:
            "the schema is missing, or the role may not use it; run deploy/postgres/roles.sql as a superuser"
        case .readOnlyTransaction: "it may only be read; name the one that is written, or wait until it is"
        case .uniqueViolation: "a unique key is taken"
        // Of statements that another program's session has, or has not.
        case SQLState(rawValue: "42P05"), SQLState(rawValue: "26000"):
            "a pooler mixes sessions; set pool_mode = session there (PgBouncer), or name the server itself"
        default:
            switch rawValue.prefix(2) {
            case "08": "the connection was ended by it, or by a pooler before it, whose log says why"
            case "22": "it refuses a value"
            case "23": "a constraint would be broken"
            case "28": "it refuses the role; look at its name, pg_hba.conf and sslmode"
            case "42": "the statement does not fit the tables; run the migrations"
            case "54": "a value is too long for it"
            case "53": "it is short of memory, disk or connections"
            case "55": "something is not in the state for it; a database may be set to take no connections"
            case "57": "an operator intervened"
            case "58", "XX": "it has an internal or disk error; look at its log"
            default: nil
            }
        }
    }
}
