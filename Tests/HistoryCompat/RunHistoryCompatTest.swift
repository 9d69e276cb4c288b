package import FoundationEssentials
package import History
import Synchronization
package import TestSupport

/// Everything that each history must do, as arguments of a history's own test.
///
/// Each rule gets a new history and a clock of its own.
package struct RunHistoryCompatTest: Sendable {
    /// One rule: an argument of an implementation's own test.
    package typealias Rule = ConformanceRule<Self>

    /// Every rule.
    package static let rules: [Rule] = states + waiting + keeping

    /// Opens one and the same history once more at each call, as another process would.
    package typealias Openings = @Sendable () async throws -> any RunHistory

    private let make: @Sendable (@escaping @Sendable () -> Date) async throws -> Openings

    /// Makes a suite.
    ///
    /// - Parameter make: Makes an empty history that goes by a clock.
    package init(make: @escaping @Sendable (@escaping @Sendable () -> Date) async throws -> Openings) {
        self.make = make
    }

    /// A new history on a clock.
    func bench(_ seconds: Double = 1_000) async throws -> Bench {
        let clock = Clock(seconds)
        let openings = try await make({ clock.now })
        return Bench(clock: clock, history: try await openings(), another: openings)
    }
}

/// What a run begins with.
func input(_ text: String) -> Data { json(["text": text]) }

/// What a run ends with.
func output(_ text: String = "Repair, then refund. ₹") -> Data { json(["text": text]) }

private func json(_ value: [String: String]) -> Data {
    // A text alone always encodes.
    (try? JSONEncoder().encode(value)) ?? Data()
}

extension RunHistory {
    /// Ends a run with an output.
    func complete(_ id: String, _ text: String? = nil) async throws -> Bool {
        try await finish(
            id: id, .done(text.map { output($0) } ?? output(), pipeline: "p", costNanoUSD: 2_838_360))
    }
}

/// What a rule is checked on.
struct Bench {
    let clock: Clock
    let history: any RunHistory
    let another: RunHistoryCompatTest.Openings
}

/// A clock that a rule sets.
final class Clock: Sendable {
    private let instant: Mutex<Date>

    init(_ seconds: Double) { instant = Mutex(Date(timeIntervalSince1970: seconds)) }

    var now: Date { instant.withLock { $0 } }

    func set(_ seconds: Double) { instant.withLock { $0 = Date(timeIntervalSince1970: seconds) } }
}
