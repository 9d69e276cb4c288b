import Testing

@testable import BudgetReport

@Suite("The pace so far")
struct PaceTests {
    @Test("says what the hand works out of a few slices")
    func byHand() throws {
        // m = 24 / 6 = 4; s = sqrt((4 + 0 + 0 + 0 + 1 + 1) / 5) = 1.0954; h = 1.476 * 1.0954 * sqrt(6 + 6) = 5.601.
        let more = try #require(Pace(slices: [2, 4, 4, 4, 5, 5]).more(6))
        #expect(more.expected == 24)
        #expect(abs(more.half - 5.601) < 0.001)
    }

    @Test("says nothing of too few slices")
    func tooFew() {
        #expect(Pace(slices: [4, 4, 4, 4, 4]).more(6) == nil)
        #expect(Pace(slices: []).more(6) == nil)
        #expect(Pace(slices: [Double](repeating: 0, count: 24)).more(6) == nil)
    }

    @Test("has no range where nothing scatters, and none for no time at all")
    func certain() throws {
        let steady = try #require(Pace(slices: [Double](repeating: 7, count: 28)).more(3))
        #expect(steady.expected == 21 && steady.half == 0)
        let over = try #require(Pace(slices: [1, 2, 3, 4, 5, 6]).more(0))
        #expect(over.expected == 0 && over.half == 0)
    }
}
