import FoundationEssentials

/// Names of brokers, unlike all others.
enum OwnerName {
    static func new() -> String { UUID().uuidString.lowercased() }
}
