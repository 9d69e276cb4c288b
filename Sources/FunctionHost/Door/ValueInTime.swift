import FunctionKit

/// What `body` gives within a time, or in as long as it takes; nil where the time is over before, or nobody waits any more.
///
/// `body` is cancelled then, and not awaited: a database that is frozen takes seconds to notice that. It ends with the
/// patience of what it waits for, at the latest when that is closed.
///
/// - Throws: What `body` throws within the time.
package func value<Value: Sendable>(
    within limit: Duration?, of body: @escaping @Sendable () async throws -> Value
) async throws -> Value? {
    let (endings, feed) = AsyncStream.makeStream(of: Result<Value, any Error>.self)
    let work = Task {
        do {
            feed.yield(.success(try await body()))
        } catch {
            feed.yield(.failure(error))
        }
    }
    let time = Task {
        guard let limit, (try? await Task.sleep(for: limit, clock: .process)) != nil else { return }
        feed.finish()
    }
    defer {
        work.cancel()
        time.cancel()
    }
    for await ending in endings { return try ending.get() }
    return nil
}
