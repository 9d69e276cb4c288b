extension Deadline {
    /// What a body gives until the deadline; nil where it has not ended by then, or where the caller is cancelled.
    ///
    /// For a body whose wait cannot always be cancelled, such as one for a database that is frozen, which takes seconds to
    /// notice that.
    ///
    /// - Parameter body: It is cancelled at the deadline, and not awaited. It must end by itself: with the patience of what
    ///   it waits for, at the latest when that is closed.
    /// - Returns: Its value.
    /// - Throws: What `body` throws until the deadline.
    package func answer<Value: Sendable>(
        of body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value? {
        let (endings, feed) = AsyncStream.makeStream(of: Result<Value, any Error>.self)
        // Left behind where it outlasts its time; see above.
        let work = Task {
            do {
                feed.yield(.success(try await body()))
            } catch {
                feed.yield(.failure(error))
            }
        }
        // Ends with this call: it is cancelled then.
        let time = Task {
            guard (try? await clock.sleep(until: instant, tolerance: nil)) != nil else { return }
            feed.finish()
        }
        defer {
            work.cancel()
            time.cancel()
        }
        for await ending in endings { return try ending.get() }
        return nil
    }
}
