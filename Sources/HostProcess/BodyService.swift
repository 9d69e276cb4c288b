import ServiceLifecycle
import Synchronization

/// Runs a body as a service, so that its end drains the group.
///
/// The body ends itself on graceful shutdown.
struct BodyService<Value: Sendable>: Service {
    private final class Outcome: Sendable {
        let value = Mutex<Result<Value, any Error>?>(nil)
    }

    private let body: @Sendable () async throws -> Value
    private let outcome = Outcome()

    init(_ body: @escaping @Sendable () async throws -> Value) {
        self.body = body
    }

    func run() async throws {
        let result: Result<Value, any Error>
        do {
            result = .success(try await body())
        } catch {
            result = .failure(error)
        }
        outcome.value.withLock { $0 = result }
        _ = try result.get()
    }

    /// What the body gave, after the group has ended.
    func result() throws -> Value {
        guard let result = outcome.value.withLock({ $0 }) else { throw CancellationError() }
        return try result.get()
    }
}
