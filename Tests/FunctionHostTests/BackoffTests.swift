import FunctionHost
import TestSupport
import Testing

@Suite("The wait between attempts")
struct BackoffTests {
    @Test("it grows by its factor up to the longest, a quarter less or more")
    func workedValues() {
        let backoff = Backoff(first: .seconds(1), factor: 2, longest: .seconds(5))
        var generator = SeededGenerator(seed: 1)
        let expected: [[Int64]] = [[750, 1000, 1250], [1500, 2000, 2500], [3000, 4000, 5000], [3750, 5000, 6250]]
        for (index, milliseconds) in expected.enumerated() {
            let seen = Set((0..<100).map { _ in backoff.delay(afterAttempt: index + 1, using: &generator) })
            #expect(seen == Set(milliseconds.map { .milliseconds($0) }))
        }
    }

    @Test("every wait that comes up was declared", arguments: 0..<50)
    func declared(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let first = Int64.random(in: 10...100_000, using: &generator)
        let backoff = Backoff(
            first: .milliseconds(first), factor: Double.random(in: 1...10, using: &generator),
            longest: .milliseconds(Int64.random(in: first...86_400_000, using: &generator)))
        let attemptsMax = Int.random(in: 1...20, using: &generator)
        let declared = backoff.delays(attemptsMax: attemptsMax)
        for attempt in 1...attemptsMax {
            #expect(declared.contains(backoff.delay(afterAttempt: attempt, using: &generator)))
        }
        #expect(declared.allSatisfy { $0 > .zero && $0 * 4 <= backoff.longest * 5 })
    }
}
