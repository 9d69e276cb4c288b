import FoundationEssentials
import FunctionKit
import InMemoryLogging
import Logging
import Spending
import SpendingCompat
import Synchronization
import Testing

@Suite("The upkeep of a ledger", .timeLimit(.minutes(1)))
struct LedgerUpkeepTests {
    private struct Unreachable: Error {}

    private let silent = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    /// Runs an upkeep beside `body`, and ends it.
    private func withUpkeep(
        of governor: CostGovernor, logger: Logger? = nil, now: @escaping @Sendable () -> Date = { .now },
        deliver: @escaping @Sendable (BudgetAlert) async throws -> Void,
        _ body: () async throws -> Void
    ) async throws {
        let upkeep = LedgerUpkeep(
            governor: governor, keepResponses: .seconds(86_400), logger: logger ?? silent, now: now, deliver: deliver)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await upkeep.run() }
            try await body()
            group.cancelAll()
        }
    }

    @Test("renews the leases of its owner again and again, and forgets old responses")
    func renews() async throws {
        let (events, event) = AsyncStream.makeStream(of: String.self)
        let ledger = ToldLedger(InMemoryLedger(lease: .milliseconds(30))) { event.yield($0) }
        try await withUpkeep(of: SpendFixture.governor(ledger)) { _ in
        } _: {
            var seen: [String: Int] = [:]
            for await event in events {
                seen[event, default: 0] += 1
                if seen["renew", default: 0] >= 3, seen["forget", default: 0] >= 1 { break }
            }
        }
    }

    @Test("says that the ledger has come beyond its clock, and says nothing where it has not")
    func lead() async throws {
        for (seconds, isAhead) in [(3600.0, true), (60, false)] {
            let clock = ManualClock()
            let inner = InMemoryLedger(now: clock.now)
            try await SpendFixture.governor(inner).pay(SpendFixture.call(), tokens: 1)
            clock.advance(seconds: -seconds)
            let log = InMemoryLogHandler()
            let (events, event) = AsyncStream.makeStream(of: String.self)
            let ledger = ToldLedger(inner) { event.yield($0) }
            try await withUpkeep(
                of: SpendFixture.governor(ledger), logger: Logger(label: "test", factory: { _ in log }), now: clock.now
            ) { _ in
            } _: {
                for await event in events where event == "forget" { break }
            }
            #expect(log.entries.contains { "\($0.message)".contains("lies in the future") } == isAhead)
        }
    }

    @Test("forgets nothing while the ledger's clock is ahead of this machine's, as after a fail-over")
    func leap() async throws {
        for (seconds, forgets) in [(400 * 86_400.0, false), (-400 * 86_400, true), (59, true)] {
            let clock = ManualClock()
            let machine = clock.now()
            let ledger = InMemoryLedger(now: clock.now)
            let governor = SpendFixture.governor(ledger)
            try await governor.pay(SpendFixture.call(), tokens: 1)
            clock.advance(seconds: seconds)
            let (events, event) = AsyncStream.makeStream(of: String.self)
            let upkept = SpendFixture.governor(ToldLedger(ledger, tell: { event.yield($0) }))
            try await withUpkeep(of: upkept, now: { machine }) { _ in
            } _: {
                // It looks at the ledger's clock twice: to tell where that is ahead, and before it forgets.
                var looks = 0
                for await event in events {
                    looks += event == "status" ? 1 : 0
                    if forgets ? event == "forget" : looks == 2 { break }
                }
            }
            event.finish()
            if !forgets { for await event in events { #expect(event != "forget") } }
        }
    }

    @Test("delivers an alert after the call that made it due, once")
    func delivers() async throws {
        let (told, tell) = AsyncStream.makeStream(of: Int.self)
        let governor = SpendFixture.governor(
            InMemoryLedger(), budgets: [SpendFixture.budget(alerts: [50, 80])])
        try await withUpkeep(of: governor) {
            tell.yield($0.percent)
        } _: {
            try await governor.pay(SpendFixture.call("a", bytes: 60), tokens: 60)
            var first = told.makeAsyncIterator()
            #expect(await first.next() == 50)
            try await governor.pay(SpendFixture.call("b", bytes: 30), tokens: 30)
            #expect(await first.next() == 80)
        }
        tell.finish()
        for await percent in told { Issue.record("\(percent) was told again") }
        #expect(try await governor.claimAlerts().isEmpty)
    }

    @Test("an alert does not wait for an older one that is slow to be delivered")
    func overtakes() async throws {
        let (told, tell) = AsyncStream.makeStream(of: Int.self)
        let governor = SpendFixture.governor(
            InMemoryLedger(), budgets: [SpendFixture.budget(alerts: [50, 80])])
        try await withUpkeep(of: governor) { alert in
            tell.yield(alert.percent)
            if alert.percent == 50 { try await Task.sleep(for: .seconds(3600)) }
        } _: {
            try await governor.pay(SpendFixture.call("a", bytes: 60), tokens: 60)
            var next = told.makeAsyncIterator()
            #expect(await next.next() == 50)
            try await governor.pay(SpendFixture.call("b", bytes: 30), tokens: 30)
            #expect(await next.next() == 80)
        }
    }

    @Test("tells before its end what was cut short by it, and what the last call made due")
    func lastAlerts() async throws {
        let governor = SpendFixture.governor(
            InMemoryLedger(), budgets: [SpendFixture.budget(alerts: [50, 80])])
        let (begun, begin) = AsyncStream.makeStream(of: Void.self)
        let delivered = Mutex<[Int]>([])
        try await withUpkeep(of: governor) { alert in
            // The first delivery hangs until it is cancelled.
            if alert.percent == 50, delivered.withLock({ $0.isEmpty }) {
                delivered.withLock { $0.append(0) }
                begin.yield()
                try await Task.sleep(for: .seconds(3600))
            }
            delivered.withLock { $0.append(alert.percent) }
        } _: {
            try await governor.pay(SpendFixture.call("a", bytes: 60), tokens: 60)
            for await _ in begun { break }
            try await governor.pay(SpendFixture.call("b", bytes: 30), tokens: 30)
        }
        #expect(delivered.withLock { $0.sorted() } == [0, 50, 80])
    }

    @Test("says once that a ledger is away, however often it asks it, and once that it is there again")
    func away() async throws {
        let (events, event) = AsyncStream.makeStream(of: String.self)
        let isAway = Mutex(false)
        let ledger = ToldLedger(InMemoryLedger(), isAway: { isAway.withLock { $0 } }) { event.yield($0) }
        let governor = SpendFixture.governor(ledger, budgets: [SpendFixture.budget(alerts: [50])])
        let log = InMemoryLogHandler()
        func count(_ message: String) -> Int { log.entries.count { "\($0.message)" == message } }
        try await withUpkeep(of: governor, logger: Logger(label: "test", factory: { _ in log })) { _ in
        } _: {
            func look(_ name: String) async throws {
                try await governor.pay(SpendFixture.call(name, bytes: 1), tokens: 1)
                for await event in events where event == "look" { break }
            }
            try await look("a")
            isAway.withLock { $0 = true }
            for name in ["b", "c", "d"] { try await look(name) }
            isAway.withLock { $0 = false }
            for name in ["e", "f"] { try await look(name) }
        }
        #expect(count("alerts not looked for") == 1 && count("alerts are looked for again") == 1)
    }

    @Test("keeps an alert that could not be delivered for later")
    func failed() async throws {
        let clock = ManualClock()
        let governor = SpendFixture.governor(
            InMemoryLedger(now: clock.now), budgets: [SpendFixture.budget(alerts: [50])])
        let (tried, attempt) = AsyncStream.makeStream(of: Void.self)
        try await withUpkeep(of: governor) { _ in
            attempt.yield()
            throw Unreachable()
        } _: {
            try await governor.pay(SpendFixture.call("a", bytes: 60), tokens: 60)
            for await _ in tried { break }
        }
        clock.advance(seconds: 300)
        #expect(try await governor.claimAlerts().map(\.percent) == [50])
    }
}

/// A ledger that tells what it is asked to do between calls.
private struct ToldLedger: SpendLedger {
    private let ledger: any SpendLedger
    private let isAway: @Sendable () -> Bool
    private let tell: @Sendable (String) -> Void

    init(
        _ ledger: any SpendLedger, isAway: @escaping @Sendable () -> Bool = { false },
        tell: @escaping @Sendable (String) -> Void
    ) {
        self.ledger = ledger
        self.isAway = isAway
        self.tell = tell
    }

    var lease: Duration? { ledger.lease }

    func renewLeases() async throws(GovernorError) {
        try await ledger.renewLeases()
        tell("renew")
    }

    func forgetResponses(olderThan age: Duration) async throws(GovernorError) -> Int {
        tell("forget")
        return try await ledger.forgetResponses(olderThan: age)
    }

    func reserve(
        _ call: PaidCall, terms: @escaping @Sendable (LedgerMoment) throws(GovernorError) -> HoldTerms
    ) async throws(GovernorError) -> LedgerAdmission { try await ledger.reserve(call, terms: terms) }

    func settle(_ holdID: HoldID, of call: PaidCall, settlement: Settlement) async throws(GovernorError) {
        try await ledger.settle(holdID, of: call, settlement: settlement)
    }

    func chargeInFull(_ holdID: HoldID, of call: CallID) async throws(GovernorError) {
        try await ledger.chargeInFull(holdID, of: call)
    }
    func release(_ holdID: HoldID, of call: CallID) async throws(GovernorError) {
        try await ledger.release(holdID, of: call)
    }
    func abandon(_ holdID: HoldID) { ledger.abandon(holdID) }

    func doubts(of call: CallPlace, to model: ModelID) async throws(GovernorError) -> CallDoubts {
        try await ledger.doubts(of: call, to: model)
    }

    func charged(for call: CallPlace) async throws(GovernorError) -> Money { try await ledger.charged(for: call) }

    func counters(in span: Range<Date>) async throws(GovernorError) -> [PeriodCounter] {
        try await ledger.counters(in: span)
    }

    func status(_ lines: @escaping @Sendable (LedgerMoment) -> [BudgetLine]) async throws(GovernorError)
        -> LedgerStanding
    {
        tell("status")
        return try await ledger.status(lines)
    }

    func offer(_ limits: BudgetSet, by name: String) async throws(GovernorError) -> LimitsOffer {
        try await ledger.offer(limits, by: name)
    }

    func decide(
        _ request: DecisionRequest, by name: String, reason: String
    ) async throws(GovernorError) -> LedgerDecision {
        try await ledger.decide(request, by: name, reason: reason)
    }

    func decisions() async throws(GovernorError) -> [LedgerDecision] { try await ledger.decisions() }
    func breaches() async throws(GovernorError) -> [JournaledBreach] { try await ledger.breaches() }

    func raise(_ raise: BudgetRaise) async throws(GovernorError) { try await ledger.raise(raise) }
    func raises() async throws(GovernorError) -> [BudgetRaise] { try await ledger.raises() }

    func claimAlerts(
        _ thresholds: @escaping @Sendable (LedgerMoment) -> [(line: BudgetLine, percents: [Int])], claim: Duration
    ) async throws(GovernorError) -> [BudgetAlert] {
        defer { tell("look") }
        if isAway() { throw .ledgerUnavailable(reason: "a test") }
        return try await ledger.claimAlerts(thresholds, claim: claim)
    }

    func confirm(_ alert: BudgetAlert) async throws(GovernorError) { try await ledger.confirm(alert) }
    func handBack(_ alert: BudgetAlert) async throws(GovernorError) { try await ledger.handBack(alert) }

    func journal(after id: Int64, atMost count: Int) async throws(GovernorError) -> [JournalEntry] {
        try await ledger.journal(after: id, atMost: count)
    }

    func verify() async throws(GovernorError) -> LedgerVerification { try await ledger.verify() }
}
