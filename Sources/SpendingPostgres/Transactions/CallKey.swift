import FoundationEssentials
import Hashing
import Spending

/// A call in sixteen bytes, by which it is found: the first half of a SHA-256.
///
/// The journal has the call itself. Four texts in each index would cost more than all else that is written.
enum CallKey {
    /// The same in SQL, of a `reserve` entry.
    ///
    /// - Parameter entry: The name that the entry goes by.
    /// - Returns: An expression.
    static func sql(of entry: String) -> String {
        let parts = ["question_id", "function", "ordinal::text", "digest"].map { column in
            "octet_length(\(entry).\(column)) || ':' || \(entry).\(column)"
        }
        return "substr(encode(sha256(convert_to(\(parts.joined(separator: " || ")), 'UTF8')), 'hex'), 1, 32)::uuid"
    }

    /// Made by who asks, before the transaction that all wait for.
    static func of(_ call: CallID) -> UUID {
        // The lengths keep parts from running into each other.
        var bytes: [UInt8] = []
        for part in [call.questionID, call.function, String(call.ordinal), call.digest] {
            bytes.append(contentsOf: "\(part.utf8.count):".utf8)
            bytes.append(contentsOf: part.utf8)
        }
        let digest = SHA256.digest(Data(bytes))
        return UUID(
            uuid: (
                digest[0], digest[1], digest[2], digest[3], digest[4], digest[5], digest[6], digest[7], digest[8],
                digest[9], digest[10], digest[11], digest[12], digest[13], digest[14], digest[15]
            ))
    }
}
