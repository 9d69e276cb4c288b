/// When waiting ends: an instant by a clock.
///
/// Whoever waits for a thing that may come late or never does it in one of these ways:
///
/// - ``wait(for:)``: until something happens, and no longer.
/// - ``value(of:)``: what a body gives; nil where the time is up first.
/// - ``answer(of:)``: the same of a body that may not end when it is cancelled, and is left behind.
/// - ``asking(every:upTo:while:_:)``: again and again, where no event tells that something is back.
///
/// The clock decides whose time counts: by a process's own clock nothing is given up for time in which the process was
/// stopped.
package struct Deadline<C: Clock>: Sendable where C.Duration == Duration {
    /// The instant at which waiting ends.
    package let instant: C.Instant
    /// What it goes by.
    package let clock: C

    /// A deadline at an instant.
    package init(_ instant: C.Instant, by clock: C) {
        self.instant = instant
        self.clock = clock
    }

    /// A deadline after a time from now.
    package init(after time: Duration, by clock: C) { self.init(clock.now.advanced(by: time), by: clock) }

    /// Waits for an event, and no longer than until the deadline.
    ///
    /// - Parameter event: Returns when it has come. It is cancelled at the deadline, and awaited.
    package func wait(for event: @escaping @Sendable () async -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await event() }
            group.addTask { await pass() }
            await group.next()
            group.cancelAll()
        }
    }

    /// What a body gives until the deadline; nil where it has not ended by then.
    ///
    /// - Parameter body: It is cancelled at the deadline, and awaited; what it gives then is dropped. Where the caller is
    ///   cancelled, it is too, and its own end counts.
    /// - Returns: Its value.
    /// - Throws: What `body` throws until the deadline.
    package func value<Value: Sendable, Failure: Error>(
        of body: @escaping @Sendable () async throws(Failure) -> Value
    ) async throws(Failure) -> Value? {
        let ending = await withTaskGroup(of: Result<Value, Failure>?.self) { group in
            group.addTask {
                do throws(Failure) {
                    return .success(try await body())
                } catch {
                    return .failure(error)
                }
            }
            group.addTask {
                await pass()
                return nil
            }
            var first = await group.next() ?? nil
            // The time was not up: it was cut short with its caller.
            if first == nil, Task.isCancelled { first = await group.next() ?? nil }
            group.cancelAll()
            return first
        }
        // Spelled out: with a typed error, `try ending?.get()` gave nothing once optimised.
        switch ending {
        case .success(let value): return value
        case .failure(let error): throw error
        case nil: return nil
        }
    }

    /// Ends at the deadline, or when it is cancelled because something else came first.
    private func pass() async { try? await clock.sleep(until: instant, tolerance: nil) }
}
