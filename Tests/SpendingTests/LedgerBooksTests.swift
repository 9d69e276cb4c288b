import FoundationEssentials
import FunctionKit
import Spending
import SpendingCompat
import Testing

/// What a store tells the rules, and what they give it to write; what that comes to is in the conformance suites.
@Suite("The rules of every ledger")
struct LedgerBooksTests {
    private let now = Date(timeIntervalSince1970: 1_795_400_000)
    private let call = SpendFixture.call()

    private func books() -> LedgerBooks { LedgerBooks(owner: "me", clock: now, last: .distantPast, lastID: 10) }

    private func hold(_ owner: String = "me", isOrphan: Bool = false) -> LedgerBooks.Hold {
        LedgerBooks.Hold(
            owner: owner, call: call.id, bound: Money(nanoUSD: 40), isOrphan: isOrphan,
            lines: [CounterKey(name: BudgetLine.Name(budget: "daily"), startMS: 0)])
    }

    @Test(
        "take a call for one under way as long as its hold lives, and an owner its own in any case",
        arguments: [(false, false, true), (true, false, false), (false, true, true), (true, true, true)])
    func inFlight(isOrphan: Bool, isOwn: Bool, expected: Bool) throws {
        var books = books()
        books.note(.held(HoldID(number: 7), isOrphan: isOrphan, isOwn: isOwn), of: call.id)
        #expect(try books.answer(to: call) == (expected ? .inFlight : nil))
    }

    @Test("take no call for one under way whose hold was charged in the same transaction")
    func charged() throws {
        let id = HoldID(number: 7)
        var books = books()
        books.note(hold("gone"), id)
        books.note(.held(id, isOrphan: false, isOwn: false), of: call.id)
        books.chargeExpired([id])
        #expect(try books.answer(to: call) == nil)
        #expect(books.changes.orphans == [id] && books.changes.endedHolds.isEmpty)
        #expect(books.changes.ends.map(\.kind) == [.orphan] && books.changes.ends.map(\.id) == [11])
    }

    @Test("take an end from the hold's owner for its call alone, and once")
    func ends() throws {
        let id = HoldID(number: 7)
        var books = books()
        books.note(hold("another"), id)
        #expect(throws: GovernorError.unknownHold) { try books.release(id, of: call.id) }
        books.note(hold(), id)
        #expect(throws: GovernorError.unknownHold) { try books.release(id, of: SpendFixture.call("another").id) }
        #expect(throws: GovernorError.unknownHold) { try books.release(HoldID(number: 7, mark: "f"), of: call.id) }
        #expect(books.changes.isEmpty)
        try books.release(id, of: call.id)
        #expect(throws: GovernorError.unknownHold) { try books.release(id, of: call.id) }
        #expect(books.changes.ends.map(\.held.nanoUSD) == [-40] && books.lastID == 11)
    }

    @Test("correct an orphan's charge to what the call cost")
    func correction() throws {
        let id = HoldID(number: 7)
        var books = books()
        books.note(hold(isOrphan: true), id)
        let settlement = Settlement(
            cost: Money(nanoUSD: 15), model: call.model, usage: TokenUsage(inputTokens: 15, outputTokens: 0),
            countedBy: .body, response: Data())
        try books.settle(id, of: call, DigestedSettlement(settlement))
        #expect(books.changes.ends.map(\.spent.nanoUSD) == [-25] && books.changes.ends.map(\.held) == [.zero])
        #expect(books.counters.takeChanges().values.map(\.spent.nanoUSD) == [-25])
    }

    @Test("put what is still to be written on top of what is read again")
    func counters() throws {
        let line = BudgetLine(
            name: BudgetLine.Name(budget: "daily"), period: Period(start: now, end: now.addingTimeInterval(60)),
            limit: Money(nanoUSD: 100))
        let key = CounterKey(line)
        var books = books()
        let stored = CounterBook.Counter(endMS: line.period.end.milliseconds, spent: Money(nanoUSD: 5))
        books.counters.note(stored, key)
        books.counters.noteAll(of: line.name, from: key.startMS, to: line.period.end.milliseconds)
        let whole = try HoldTerms(call: call, price: SpendFixture.price(), lines: [line])
        _ = try books.decide(call, whole)
        books.counters.note(stored, key)
        let counter = books.counters.counter(line)
        #expect(counter.spent.nanoUSD == 5 && counter.held.nanoUSD == 40)
        guard case .refused = try books.decide(SpendFixture.call("b", bytes: 56), terms(of: 56, line)) else {
            Issue.record("the limit was passed")
            return
        }
    }

    @Test("hold nothing where nobody has read what is spent")
    func unread() throws {
        let line = BudgetLine(
            name: BudgetLine.Name(budget: "daily"), period: Period(start: now, end: now.addingTimeInterval(60)),
            limit: Money(nanoUSD: 100))
        var books = books()
        #expect(throws: GovernorError.self) { try books.decide(SpendFixture.call("b"), terms(of: 1, line)) }
        // Of the period's second half alone nobody knows enough.
        books.counters.noteAll(of: line.name, from: now.milliseconds + 30_000)
        #expect(throws: GovernorError.self) { try books.decide(SpendFixture.call("b"), terms(of: 1, line)) }
        #expect(books.changes.isEmpty && books.counters.changes.isEmpty)
    }

    private func terms(of bytes: Int, _ line: BudgetLine) throws -> HoldTerms {
        try HoldTerms(call: SpendFixture.call("b", bytes: bytes), price: SpendFixture.price(), lines: [line])
    }
}
