package import FunctionKit
package import Postgres

extension PostgresError: DispositionProviding {
    /// An answer waits for the server without using up attempts, be it away or to be mended by a person; what can never be
    /// stored is dead at once; what else a value may be the reason of is tried again as often as the manifest says.
    package var disposition: Disposition {
        switch self {
        case .closed: .handBack
        case .refused(_, let state, _) where state.isUnstorable: .deadLetter
        // Another transaction was in the way, which says nothing of the server.
        case .refused(_, let state, _) where state.rawValue.hasPrefix("40"): .handBack
        default: trouble.map { .hostTrouble(HostTrouble($0, code: code)) } ?? .retry
        }
    }

    /// What is wrong with server, tables or rights; nil where it may be the statement's own values.
    private var trouble: HostTrouble.Kind? {
        switch self {
        case .badConfiguration, .newer, .unexpectedType: return .refused
        // An invocation is cancelled at its deadline: until then the server was waited for.
        case .cancelled: return .unavailable
        case _ where isWorthWaiting: return .unreachable
        case _ where isPassing: return .unavailable
        case .cannotConnect, .refused: break
        default: return nil
        }
        return switch state?.rawValue.prefix(2) {
        // The role; no such database or schema; tables that are missing, or of another shape, or not this role's.
        case "28": .credentials
        case "3D", "3F": .notFound
        case "42": state == .insufficientPrivilege ? .access : .notFound
        // What values can be the reason of: constraints, and what triggers and checks say.
        case "21", "22", "23", "27", "44", "P0": nil
        default: .unavailable
        }
    }

    /// A short constant name.
    package var code: String {
        switch self {
        case .badConfiguration: "postgres-configuration"
        case .cannotConnect: "postgres-unreachable"
        case .noConnectionFree: "postgres-no-connection-free"
        case .noSession: "postgres-no-session"
        case .unfit: "postgres-unfit"
        case .standby: "postgres-standby"
        case .connectionLost: "postgres-connection-lost"
        case .commitInDoubt: "postgres-commit-in-doubt"
        case .refused(_, let state, _): "postgres-refused-\(state.rawValue)"
        case .unexpectedType: "postgres-type-unexpected"
        case .newer: "postgres-newer"
        case .cancelled: "postgres-cancelled"
        case .closed: "postgres-closed"
        }
    }
}
