/// The error that a body throws; nil where it throws none of that type.
package func failure<Failure: Error>(as type: Failure.Type, _ body: () async throws -> Void) async -> Failure? {
    do {
        try await body()
        return nil
    } catch {
        return error as? Failure
    }
}
