import Synchronization
import Testing
import Waiting

@Suite("A deadline", .timeLimit(.minutes(1)))
struct DeadlineTests {
    private struct Failure: Error, Hashable {
        let number: Int
    }

    private static let soon = Duration.milliseconds(20)
    /// Nothing here waits for so long.
    private static let never = Duration.seconds(3600)

    private func deadline(_ time: Duration) -> Deadline<ContinuousClock> { Deadline(after: time, by: .continuous) }

    @Test("is not waited for where the event comes first")
    func event() async { await deadline(Self.never).wait {} }

    @Test("ends the wait for an event that does not come, which has ended then")
    func noEvent() async {
        let hasEnded = Mutex(false)
        await deadline(Self.soon).wait {
            try? await Task.sleep(for: Self.never)
            hasEnded.withLock { $0 = true }
        }
        #expect(hasEnded.withLock { $0 })
    }

    @Test("lets a value or an error through that comes before")
    func value() async throws {
        #expect(await deadline(Self.never).value { 1 } == 1)
        await #expect(throws: Failure(number: 2)) {
            try await deadline(Self.never).value { () async throws(Failure) -> Int in throw Failure(number: 2) }
        }
    }

    @Test("gives nothing where a body takes longer, which has ended then")
    func noValue() async {
        let hasEnded = Mutex(false)
        let value = await deadline(Self.soon).value {
            try? await Task.sleep(for: Self.never)
            hasEnded.withLock { $0 = true }
            return 1
        }
        #expect(value == nil && hasEnded.withLock { $0 })
    }

    @Test("has nothing to say where the caller is cancelled: the body says how it ended")
    func cancelled() async {
        let (begun, begin) = AsyncStream.makeStream(of: Void.self)
        let waiting = Task {
            try await deadline(Self.never).value {
                begin.finish()
                try await Task.sleep(for: Self.never)
                return 1
            }
        }
        for await _ in begun {}
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
    }

    @Test("leaves a body behind that does not end")
    func answer() async throws {
        #expect(try await deadline(Self.never).answer { 1 } == 1)
        await #expect(throws: Failure(number: 1)) {
            try await deadline(Self.never).answer { () async throws -> Int in throw Failure(number: 1) }
        }
        let (ends, end) = AsyncStream.makeStream(of: Void.self)
        let (ended, note) = AsyncStream.makeStream(of: Void.self)
        let late = try await deadline(Self.soon).answer {
            // Not cancelled with its task.
            await Task { for await _ in ends {} }.value
            note.finish()
            return 1
        }
        #expect(late == nil)
        end.finish()
        for await _ in ended {}
    }

    @Test("lets a failure be met again and again until it has passed")
    func passes() async throws {
        var asked = 0
        let value = try await deadline(Self.never).asking(every: .milliseconds(1), upTo: .milliseconds(4)) { _ in
            true
        } _: { () async throws(Failure) -> Int in
            asked += 1
            if asked < 6 { throw Failure(number: asked) }
            return asked
        }
        #expect(value == 6)
    }

    @Test("gives the last failure where no time is left for a pause, and the first that does not pass")
    func fails() async {
        var asked = 0
        await #expect(throws: Failure(number: 1)) {
            try await deadline(Self.soon).asking(every: Self.never) { _ in
                true
            } _: { () async throws(Failure) in
                asked += 1
                throw Failure(number: asked)
            }
        }
        await #expect(throws: Failure(number: 4)) {
            try await deadline(Self.never).asking(every: .milliseconds(1)) {
                $0.number < 4
            } _: { () async throws(Failure) in
                asked += 1
                throw Failure(number: asked)
            }
        }
    }

    @Test("is not asked again once the caller is cancelled")
    func asksNoMore() async {
        let (asked, ask) = AsyncStream.makeStream(of: Void.self)
        let asking = Task {
            try await deadline(Self.never).asking(every: .seconds(60)) { _ in
                true
            } _: { () async throws(Failure) in
                ask.yield()
                throw Failure(number: 0)
            }
        }
        for await _ in asked { break }
        asking.cancel()
        await #expect(throws: Failure(number: 0)) { try await asking.value }
    }
}
