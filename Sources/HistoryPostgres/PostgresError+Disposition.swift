package import FunctionKit
package import Postgres

extension PostgresError: DispositionProviding {
    /// An answer waits for the server without using up attempts; what a person has to mend is tried again as often as the
    /// manifest says; what can never be stored is dead at once.
    package var disposition: Disposition {
        switch self {
        case .cancelled, .closed: .handBack
        case .refused(_, let state, _) where state.isUnstorable: .deadLetter
        default: isPassing ? .handBack : .retry
        }
    }

    /// A short constant name.
    package var code: String {
        switch self {
        case .badConfiguration: "postgres-configuration"
        case .cannotConnect: "postgres-unreachable"
        case .noConnectionFree: "postgres-no-connection-free"
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
