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

/// Numbers that look random and are the same on every run (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
