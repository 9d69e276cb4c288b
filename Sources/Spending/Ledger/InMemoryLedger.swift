package import FoundationEssentials
import Synchronization

/// A ledger that ends with the process, for tests and for emulators that keep nothing.
///
/// It keeps every promise of ``SpendLedger`` but the one to be durable. Owners cannot see each other: a hold whose lease
/// is not renewed is an orphan.
package final class InMemoryLedger: SpendLedger, SpendReader {
    package let lease: Duration?

    private let books: Books
    private let ownerID: String
    private let leaseLength: Duration
    private let now: @Sendable () -> Date
    private let abandoned = Mutex<Set<HoldID>>([])

    /// What several owners share.
    private final class Books: Sendable {
        let pages = Mutex(LedgerPages())
        private let owners = Atomic(0)

        func nextOwner() -> Int { owners.add(1, ordering: .relaxed).newValue }
    }

    /// Makes an empty ledger.
    ///
    /// - Parameters:
    ///   - lease: How long a hold lives without renewal.
    ///   - now: The wall clock.
    package convenience init(lease: Duration = .seconds(60), now: @escaping @Sendable () -> Date = { Date() }) {
        self.init(books: Books(), lease: lease, now: now)
    }

    private init(books: Books, lease: Duration, now: @escaping @Sendable () -> Date) {
        self.books = books
        self.lease = lease
        leaseLength = lease
        self.now = now
        ownerID = String(books.nextOwner())
    }

    /// Another owner on the same ledger, as another process would be.
    package func anotherOwner() -> InMemoryLedger { InMemoryLedger(books: books, lease: leaseLength, now: now) }

    package func reserve(
        _ call: PaidCall, terms: @escaping @Sendable (LedgerMoment) throws(GovernorError) -> HoldTerms
    ) async throws(GovernorError) -> LedgerAdmission {
        try write { pages throws(GovernorError) in
            try pages.reserve(
                call, leaseUntil: pages.instant.addingTimeInterval(leaseLength / .seconds(1)), terms)
        }
    }

    package func settle(
        _ holdID: HoldID, of call: PaidCall, settlement: Settlement
    ) async throws(GovernorError) {
        try write { pages throws(GovernorError) in try pages.settle(holdID, of: call, settlement) }
    }

    package func chargeInFull(_ holdID: HoldID, of call: CallID) async throws(GovernorError) {
        try write { pages throws(GovernorError) in try pages.chargeInFull(holdID, of: call) }
    }

    package func release(_ holdID: HoldID, of call: CallID) async throws(GovernorError) {
        try write { pages throws(GovernorError) in try pages.release(holdID, of: call) }
    }

    package func doubts(of call: CallPlace, to model: ModelID) async throws(GovernorError) -> CallDoubts {
        books.pages.withLock { $0.doubts(of: call, to: model, at: now()) }
    }

    package func charged(for call: CallPlace) async throws(GovernorError) -> Money {
        books.pages.withLock { $0.charged(for: call) }
    }

    package func abandon(_ holdID: HoldID) { abandoned.withLock { _ = $0.insert(holdID) } }

    package func renewLeases() async throws(GovernorError) {
        try write { pages throws(GovernorError) in
            pages.renewLeases(of: ownerID, until: pages.instant.addingTimeInterval(leaseLength / .seconds(1)))
        }
    }

    package func status(
        _ lines: @escaping @Sendable (LedgerMoment) -> [BudgetLine]
    ) async throws(GovernorError) -> LedgerStanding {
        var pages = books.pages.withLock { $0 }
        pages.turn(to: now(), for: ownerID)
        let moment = pages.books.moment
        return LedgerStanding(counters: lines(moment).map(pages.books.counters.counter), moment: moment)
    }

    package func offer(_ limits: BudgetSet, by name: String) async throws(GovernorError) -> LimitsOffer {
        try write { pages throws(GovernorError) in pages.offer(limits, by: name) }
    }

    package func decide(
        _ request: DecisionRequest, by name: String, reason: String
    ) async throws(GovernorError) -> LedgerDecision {
        try write { pages throws(GovernorError) in try pages.decide(request, by: name, reason: reason) }
    }

    package func decisions() async throws(GovernorError) -> [LedgerDecision] { books.pages.withLock { $0.decisions } }

    package func breaches() async throws(GovernorError) -> [JournaledBreach] { books.pages.withLock { $0.breaches } }

    package func raise(_ raise: BudgetRaise) async throws(GovernorError) {
        try write { pages throws(GovernorError) in pages.note(raise) }
    }

    package func raises() async throws(GovernorError) -> [BudgetRaise] { books.pages.withLock { $0.allRaises } }

    package func claimAlerts(
        _ thresholds: @escaping @Sendable (LedgerMoment) -> [(line: BudgetLine, percents: [Int])], claim: Duration
    ) async throws(GovernorError) -> [BudgetAlert] {
        try write { pages throws(GovernorError) in
            pages.chargeOrphans()
            return pages.claimAlerts(
                thresholds(pages.books.moment), until: pages.instant.addingTimeInterval(claim / .seconds(1)))
        }
    }

    package func confirm(_ alert: BudgetAlert) async throws(GovernorError) {
        try write { pages throws(GovernorError) in pages.alerts[alert.id]?.isConfirmed = true }
    }

    package func handBack(_ alert: BudgetAlert) async throws(GovernorError) {
        try write { pages throws(GovernorError) in pages.alerts[alert.id]?.claimedUntil = .distantPast }
    }

    package func forgetResponses(olderThan age: Duration) async throws(GovernorError) -> Int {
        try write { pages throws(GovernorError) in
            pages.forgetResponses(before: pages.clock.addingTimeInterval(-(age / .seconds(1))))
        }
    }

    package func journal(after id: Int64, atMost count: Int) async throws(GovernorError) -> [JournalEntry] {
        books.pages.withLock { pages in
            // An entry's number is its place.
            Array(pages.journal.dropFirst(Int(clamping: max(0, id))).prefix(max(0, count)))
        }
    }

    package func verify() async throws(GovernorError) -> LedgerVerification { books.pages.withLock { $0.verify() } }

    package func spending(_ query: SpendQuery) async throws(GovernorError) -> [SpendSum] {
        books.pages.withLock { $0.spending(query) }
    }

    package func counters(in span: Range<Date>) async throws(GovernorError) -> [PeriodCounter] {
        books.pages.withLock { $0.counters(in: span) }
    }

    package func exceptions(
        in span: Range<Date>, atMost count: Int
    ) async throws(GovernorError) -> [JournalEntry] {
        books.pages.withLock { $0.exceptions(in: span, atMost: count) }
    }

    /// One transaction, which begins by charging what nobody will end.
    ///
    /// `body` throws before it changes anything.
    private func write<Value: Sendable>(
        _ body: (inout LedgerPages) throws(GovernorError) -> Value
    ) throws(GovernorError) -> Value {
        let given = abandoned.withLock { $0 }
        defer { abandoned.withLock { $0.subtract(given) } }
        return try books.pages.withLock { pages throws(GovernorError) in
            pages.turn(to: now(), for: ownerID)
            pages.chargeAbandoned(given)
            return try body(&pages)
        }
    }
}
