import Messaging
import Postgres
import Retrieval
import SQLite
import Spending

/// Why a part that a pipeline stands on does not answer, for a person; none of these names a value or a secret.
///
/// - Returns: Nil where nobody has said what is wrong.
package func plainReason(_ error: any Error) -> String? {
    switch error {
    case let error as SQLiteStoreError: error.description
    case let error as PostgresError: error.description
    case let error as GovernorError: error.description
    case let error as BrokerError: error.description
    case let error as ChromaError: error.description
    default: nil
    }
}
