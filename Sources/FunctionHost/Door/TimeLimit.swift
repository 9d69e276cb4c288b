/// What `body` gives within a time; nil where it is over before.
///
/// `body` is cancelled then, and awaited: it must end when its task is cancelled.
func first<Value: Sendable>(
    within limit: Duration, _ body: @escaping @Sendable () async -> Value
) async -> Value? {
    await withTaskGroup(of: Value?.self) { group in
        group.addTask { await body() }
        group.addTask {
            try? await Task.sleep(for: limit)
            return nil
        }
        defer { group.cancelAll() }
        return await group.next() ?? nil
    }
}
