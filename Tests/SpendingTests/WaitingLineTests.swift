import Testing

@testable import Spending

@Suite("The line of those who wait for held money", .timeLimit(.minutes(1)))
struct WaitingLineTests {
    private let line = WaitingLine()
    private let daily = BudgetLine.Name(budget: "daily")
    private let hourly = BudgetLine.Name(budget: "hourly")

    @Test("moves on by one when its head leaves, and wakes the next")
    func order() async {
        let places = (0..<3).map { _ in line.join(daily) }
        #expect(line.isHead(places[0]) && !line.isHead(places[1]))
        // Who leaves from the middle moves nobody to the front.
        line.leave(places[1])
        #expect(line.isHead(places[0]) && !line.isHead(places[2]))
        line.leave(places[0])
        // Woken before it waits: it returns at once all the same.
        await places[2].wait(atMost: .seconds(3600))
        #expect(line.isHead(places[2]))
        line.leave(places[2])
        #expect(line.contested(among: [daily]) == nil)
    }

    @Test("wakes the heads of all budgets, and nobody else, when money may have come free")
    func wakes() async {
        let heads = [daily, hourly].map { line.join($0) }
        let second = line.join(daily)
        line.wakeHeads()
        for head in heads { await head.wait(atMost: .seconds(3600)) }
        // The second in line waits on: only its cancellation ends it.
        let waiting = Task { await second.wait(atMost: .seconds(3600)) }
        waiting.cancel()
        await waiting.value
        #expect(!line.isHead(second))
    }

    @Test("a wait whose time was up is followed by whole waits, and a later wake still arrives")
    func waitsAgain() async {
        let place = line.join(daily)
        await place.wait(atMost: .milliseconds(1))
        let start = ContinuousClock.now
        await place.wait(atMost: .milliseconds(30))
        #expect(ContinuousClock.now - start >= .milliseconds(30))
        async let waiting: Void = place.wait(atMost: .seconds(3600))
        line.wakeHeads()
        await waiting
        line.leave(place)
    }

    @Test("is contested for those budgets that somebody waits for")
    func contested() {
        let place = line.join(hourly)
        #expect(line.contested(among: [daily, hourly]) == hourly)
        #expect(line.contested(among: [daily]) == nil)
        line.leave(place)
        #expect(line.contested(among: [daily, hourly]) == nil)
    }
}
