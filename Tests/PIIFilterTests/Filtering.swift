import Foundation
import FunctionKit
import FunctionTesting
import PIIFilter

/// What the filter gives, read back from its JSON.
struct Filtered: Decodable, Equatable {
    let question: String
    let redactions: [String: Int]
}

/// Sends a question through the filter as the host does: JSON in, JSON out.
func filter(_ question: String) async throws -> Filtered {
    let payload = try JSONEncoder().encode(["question": question])
    let output = try await AnyFunction(PIIFilter())
        .invoke(payload, context: .testing(functionName: "pii-filter"))
    return try JSONDecoder().decode(Filtered.self, from: output)
}
