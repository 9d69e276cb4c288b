import CPostgres
import FoundationEssentials
import Hashing

/// What a session has prepared.
struct PreparedStatements {
    /// How many statements stay prepared, so that nobody's memory grows with texts that never come again.
    private static let countMax = 256

    /// Names, by the statements' texts.
    private var names: [String: String] = [:]

    /// The name under which a statement is sent, and whether it has to be prepared first; nil for one that is sent as it is.
    ///
    /// Made of what the statement is: one that a session has under this name already is no other.
    func name(of statement: PostgresStatement, types: [Oid], in batch: Batch) -> (text: String, isNew: Bool)? {
        guard statement.isPrepared else { return nil }
        if let name = names[statement.sql] ?? batch.names[statement.sql] { return (name, false) }
        guard names.count + batch.names.count < Self.countMax else { return nil }
        let digest = SHA256.hex(Data("\(types) \(statement.sql)".utf8))
        return ("sluice_\(digest.prefix(32))", true)
    }

    /// Takes what the server has said that it prepared.
    mutating func add(_ prepared: [String: String]) { names.merge(prepared) { $1 } }
}
