import FunctionKit
import Spending
import Synchronization
import Testing

@testable import Bedrock

@Suite
struct ModelHealthTests {
    private static let model = ModelID(provider: "bedrock", region: "ap-south-1", model: "m")
    private static let denied = HostTrouble(.access, code: "model-rejected", serviceCode: "AccessDeniedException")
    private static let failed = HostTrouble(.unavailable, code: "model-unavailable", serviceCode: "500")

    /// A clock that stands still until it is moved.
    private final class Clock: Sendable {
        private let instant = Mutex(ContinuousClock.now)
        var now: ContinuousClock.Instant { instant.withLock { $0 } }
        func pass(_ time: Duration) { instant.withLock { $0 += time } }
    }

    private let clock = Clock()
    private let health: ModelHealth

    init() {
        let clock = clock
        health = ModelHealth(now: { clock.now }, spread: { 1 })
    }

    /// Whether a call is let through; its trouble where it is not.
    private func admission() -> Result<Bool, LanguageModelError> {
        Result { () throws(LanguageModelError) in try health.admit(Self.model) }
    }

    private func pause() -> Duration? {
        guard case .failure(.hostTrouble(let trouble)) = admission() else { return nil }
        return trouble.pause
    }

    @Test("the first refusal opens it; one call is let through after each pause, and pauses grow to a minute")
    func refusals() throws {
        #expect(try admission().get() == false)
        var trouble = health.failed(Self.model, Self.denied, isPaid: false, isProbe: false)
        #expect(trouble.description == "model-rejected (AccessDeniedException)")
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
            #expect(trouble.pause == .seconds(seconds))
            #expect(pause() == .seconds(seconds))
            clock.pass(.seconds(seconds))
            #expect(try admission().get() == true)
            // One at a time.
            #expect(pause() != nil)
            trouble = health.failed(Self.model, Self.denied, isPaid: false, isProbe: true)
            health.probeEnded(Self.model)
        }
        clock.pass(.seconds(60))
        #expect(try admission().get() == true)
        health.answered(Self.model)
        health.probeEnded(Self.model)
        #expect(try admission().get() == false)
    }

    @Test("calls that were under way when it opened make no pause longer")
    func stragglers() {
        for _ in 0..<8 { _ = health.failed(Self.model, Self.denied, isPaid: false, isProbe: false) }
        #expect(pause() == .seconds(1))
    }

    @Test("three calls in a row that were paid for in doubt open it, for longer; an answer between them does not")
    func doubts() throws {
        for _ in 0..<2 {
            #expect(health.failed(Self.model, Self.failed, isPaid: true, isProbe: false).kind == .unavailable)
        }
        #expect(try admission().get() == false)
        health.answered(Self.model)
        for _ in 0..<2 { _ = health.failed(Self.model, Self.failed, isPaid: true, isProbe: false) }
        #expect(try admission().get() == false)
        let trouble = health.failed(Self.model, Self.failed, isPaid: true, isProbe: false)
        #expect(trouble.kind == .circuitOpen && trouble.description == "model-circuit-open (500)")
        #expect(pause() == .seconds(15))
    }

    @Test("calls to a model that fails for everybody cost little", arguments: [(105, 6), (9 * 3600, 28)])
    func spending(seconds: Int, most: Int) throws {
        var paid = 0
        for _ in 0..<seconds {
            if let isProbe = try? admission().get() {
                paid += 1
                _ = health.failed(Self.model, Self.failed, isPaid: true, isProbe: isProbe)
                health.probeEnded(Self.model)
            }
            clock.pass(.seconds(1))
        }
        #expect(paid <= most)
    }

    @Test(
        "what the service wants to wait is kept to, up to a quarter of an hour",
        arguments: [(5, 5), (600, 600), (86_400, 900)])
    func retryAfter(wanted: Int, kept: Int) {
        var throttled = HostTrouble(.throttled, code: "model-throttled", serviceCode: "ThrottlingException")
        throttled.pause = .seconds(wanted)
        _ = health.failed(Self.model, throttled, isPaid: false, isProbe: false)
        #expect(pause() == .seconds(kept))
    }

    @Test(
        "what others paid for in vain opens it too, for as long as that has lasted, and one call is let through then",
        arguments: [(0, 15), (15, 15), (16, 30), (100, 120), (3600, 1800)])
    func othersRow(lasted: Int, pause: Int) throws {
        let row = CallDoubts(inARow: 4, lasted: .seconds(lasted), sinceLast: .seconds(5))
        #expect(throws: LanguageModelError.self) { try health.admit(Self.model, after: row, isProbe: false) }
        #expect(self.pause() == .seconds(pause - 5))
        clock.pass(.seconds(pause - 5))
        #expect(try admission().get() == true)
        // The same row again stops it no more, be it that the ledger's clock stands still.
        #expect(try health.admit(Self.model, after: row, isProbe: true) == false)
        _ = health.failed(Self.model, Self.failed, isPaid: true, isProbe: true)
        health.probeEnded(Self.model)
        #expect(self.pause() == .seconds(min(1800, 2 * pause)))
        clock.pass(.seconds(2 * pause))
        #expect(try admission().get() == true)
        // Another host was quicker.
        let longer = CallDoubts(inARow: 6, lasted: .seconds(2 * pause), sinceLast: .seconds(1))
        #expect(throws: LanguageModelError.self) { try health.admit(Self.model, after: longer, isProbe: true) }
    }

    @Test("of many calls that find the pause of others over, one is let through")
    func crowd() throws {
        let row = CallDoubts(inARow: 3, lasted: .zero, sinceLast: .seconds(15))
        #expect(try admission().get() == false)
        #expect(try health.admit(Self.model, after: row, isProbe: false) == true)
        #expect(throws: LanguageModelError.self) { try health.admit(Self.model, after: row, isProbe: false) }
        health.answered(Self.model)
        health.probeEnded(Self.model)
        #expect(try health.admit(Self.model, after: CallDoubts(), isProbe: false) == false)
    }

    @Test("two calls in vain are no row")
    func short() throws {
        let row = CallDoubts(inARow: 2, lasted: .zero, sinceLast: .zero)
        #expect(try health.admit(Self.model, after: row, isProbe: false) == false)
    }

    @Test("one model's trouble is not another's")
    func others() throws {
        _ = health.failed(Self.model, Self.denied, isPaid: false, isProbe: false)
        let other = ModelID(provider: "bedrock", region: "ap-south-1", model: "other")
        #expect(try health.admit(other) == false)
    }
}
