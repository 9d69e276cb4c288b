extension Deadline {
    /// Asks until there is an answer, for no event tells that what is away is back.
    ///
    /// - Parameters:
    ///   - pause: How long it is left alone after the first failure.
    ///   - pauseMax: Where pauses double, the longest; nil where all are alike.
    ///   - isWorthWaiting: Whether a failure may pass.
    ///   - body: Asks once.
    /// - Returns: The first answer.
    /// - Throws: The failure that does not pass, after which there is no time for a further pause, or with which the caller
    ///   was cancelled.
    package func asking<Value, Failure: Error>(
        every pause: Duration, upTo pauseMax: Duration? = nil, while isWorthWaiting: (Failure) -> Bool,
        _ body: () async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        var pause = pause
        while true {
            do throws(Failure) {
                return try await body()
            } catch {
                let next = clock.now.advanced(by: pause)
                guard isWorthWaiting(error), next < instant,
                    (try? await clock.sleep(until: next, tolerance: nil)) != nil
                else { throw error }
                if let pauseMax { pause = min(pause * 2, pauseMax) }
            }
        }
    }
}
