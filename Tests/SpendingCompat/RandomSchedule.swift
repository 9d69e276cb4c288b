import FoundationEssentials
import FunctionKit
import Spending
import Synchronization
import TestSupport
import Testing

/// Does random things on a ledger and knows by itself what must have come of them.
struct RandomSchedule {
    /// A reservation, noncopyable, in a list.
    private final class Slot: Sendable {
        private let reservation: Mutex<Reservation?>
        let holdID: HoldID
        let call: CallID
        let bound: Int64
        let outputTokensMax: Int
        let owner: Int
        let reservedAt: Date

        init(_ reservation: consuming Reservation, owner: Int, reservedAt: Date) {
            holdID = reservation.holdID
            call = reservation.call.id
            bound = reservation.bound.nanoUSD
            outputTokensMax = reservation.outputTokensMax
            self.owner = owner
            self.reservedAt = reservedAt
            self.reservation = Mutex(consume reservation)
        }

        func take() throws -> Reservation {
            guard let reservation = reservation.withLock({ $0.take() }) else { throw NotHeld() }
            return reservation
        }
    }

    private enum Answer: Sendable {
        case held(Slot)
        case settled(Settlement)
        case forgotten
        case inFlight
        case refused(BudgetRefusal)
        case notGoverned
    }

    private static let steps = 120
    /// A model without a price.
    private static let unpriced = ModelID(provider: "bedrock", region: "ap-south-1", model: "unpriced")
    private static let lease = 60.0

    private let budgets = [
        SpendFixture.budget("acme", limit: 150, scope: BudgetScope(tenants: ["acme"])),
        SpendFixture.budget("hourly", limit: 200, length: .hour, alerts: [50, 90]),
        SpendFixture.budget("daily", limit: 300, share: 40, alerts: [10, 80, 100]),
    ]
    /// Of each call, which takes long.
    private let looksAtDoubts: Bool
    private let clock: ManualClock
    private let owners: SpendLedgerCompatTest.Owners
    private var governors: [CostGovernor] = []
    private var random: SeededGenerator
    /// Reservations whose owners live.
    private var open: [Slot] = []
    private var responses: [CallID: Data] = [:]
    /// What each attempt must be charged.
    private var charges: [HoldID: Int64] = [:]
    /// Holds whose end nobody has written: also those that were dropped, and those of owners that died.
    private var unended: [HoldID: CallID] = [:]
    private var alerts: Set<String> = []
    private var raises: [(budget: String, limit: Int64, until: Date)] = []
    /// No earlier than the ledger's own instant.
    private var latest = Date.distantPast

    init(seed: UInt64, clock: ManualClock, owners: @escaping SpendLedgerCompatTest.Owners) async throws {
        random = SeededGenerator(seed: seed)
        looksAtDoubts = seed.isMultiple(of: 10)
        self.clock = clock
        self.owners = owners
        for _ in 0..<3 { governors.append(SpendFixture.governor(try await owners(), budgets: budgets)) }
    }

    /// Runs the schedule and checks what came of it.
    mutating func run() async throws {
        for _ in 0..<Self.steps { try await step() }
        // Owners that live charge what they dropped; the leases of the dead end.
        for slot in open { _ = try slot.take() }
        clock.advance(seconds: 100_000)
        for governor in governors { try await governor.sweep() }
        for governor in governors { #expect(try await governor.status().allSatisfy { $0.held == .zero }) }
        let journal = try await JournalReplay(of: governors[0])
        let raised = try await governors[0].ledger.raises().map(\.at)
        let spent = journal.expectWithinLimits { budget, at in limit(of: budget, at: at, raised: raised) }
        journal.expectEachChargedOnce()
        journal.expectPeriods(of: budgets)
        if looksAtDoubts { try await journal.expectDoubts(governors[1].ledger) }
        var expected: [JournalReplay.Line: Int64] = [:]
        for entry in journal.entries where entry.kind == .reserve {
            for line in entry.lines {
                expected[
                    JournalReplay.Line(budget: line.name.description, periodStart: line.periodStart), default: 0] +=
                    try #require(charges[entry.holdID])
            }
        }
        #expect(spent == expected.filter { $0.value != 0 })
        #expect(journal.entries.filter { $0.kind == .reserve }.count == charges.count)
        #expect(try await governors[0].verify().differences.isEmpty)
    }

    // The most that a line could be let at an instant by the budgets and raises of this schedule alone. When the raises
    // were journaled, only the ledger knows.
    private func limit(of line: String, at instant: Date, raised: [Date]) -> Int64 {
        let parts = line.split(separator: "/")
        guard let budget = budgets.first(where: { $0.name == parts[0] }) else { return 0 }
        var limit = budget.limit.nanoUSD
        for (raise, at) in zip(raises, raised) where raise.budget == budget.name && at <= instant {
            let inForce = raise.until > instant ? max(raise.limit, budget.limit.nanoUSD) : budget.limit.nanoUSD
            // Of those of the same millisecond, any may have been the newest.
            limit = at == instant ? max(limit, inForce) : inForce
        }
        return parts.count == 1 ? limit : limit * Int64(budget.tenantSharePercent) / 100
    }

    private mutating func step() async throws {
        latest = max(latest, clock.now())
        switch Int.random(in: 0..<100, using: &random) {
        case ..<40: try await reserve(1)
        case ..<45: try await reserve(Int.random(in: 2...8, using: &random))
        case ..<46: try await forget()
        case ..<82: try await end()
        case ..<83: try await goByWrongClock()
        case ..<84: try await standStill()
        case ..<91: clock.advance(seconds: Double.random(in: 0..<50, using: &random))
        case ..<92: clock.advance(seconds: -Double.random(in: 0..<3600, using: &random))
        case ..<93: clock.advance(seconds: Double.random(in: 0..<7200, using: &random))
        case ..<95: try await die()
        case ..<96: try await raise()
        case ..<97: for governor in governors { try await governor.ledger.renewLeases() }
        case ..<98: try await claim()
        default:
            let index = Int.random(in: 0..<3, using: &random)
            #expect(try await governors[index].verify().differences.isEmpty)
        }
    }

    /// An owner's machine has another time than the others'.
    private mutating func goByWrongClock() async throws {
        let offset = Double.random(in: -700...700, using: &random)
        let owner = Int.random(in: 0..<3, using: &random)
        clock.advance(seconds: offset)
        latest = max(latest, clock.now())
        try await reserve(1, by: [owner])
        try await end(of: owner)
        clock.advance(seconds: -offset)
    }

    /// An owner's process is stopped beyond its lease, while the others go on, and then ends what it held.
    private mutating func standStill() async throws {
        let owner = Int.random(in: 0..<3, using: &random)
        let others = (0..<3).filter { $0 != owner }
        for _ in 0..<3 {
            clock.advance(seconds: Self.lease / 2)
            latest = max(latest, clock.now())
            for other in others { try await governors[other].ledger.renewLeases() }
            try await reserve(2, by: others)
        }
        for _ in 0..<2 { try await end(of: owner) }
    }

    /// Makes some calls at the same moment.
    private mutating func reserve(_ count: Int, by owners: [Int] = [0, 1, 2]) async throws {
        let calls = (0..<count).map { _ in (owner: owners.randomElement(using: &random) ?? 0, call: randomCall()) }
        let now = clock.now()
        let answers = try await withThrowingTaskGroup(of: (PaidCall, Answer).self) { [governors] group in
            for (owner, call) in calls {
                group.addTask { (call, try await Self.answer(of: governors[owner], owner: owner, to: call, at: now)) }
            }
            return try await group.reduce(into: [(PaidCall, Answer)]()) { $0.append($1) }
        }
        for case (let call, .held(let slot)) in answers {
            #expect(call.model != Self.unpriced)
            #expect(responses[call.id] == nil)
            // No other hold for it can be living for sure.
            #expect(!open.contains { $0.call == call.id && $0.reservedAt.addingTimeInterval(Self.lease) > latest })
            #expect(charges[slot.holdID] == nil)
            // Charged in full unless another end is written.
            charges[slot.holdID] = slot.bound
            unended[slot.holdID] = call.id
            open.append(slot)
        }
        for (call, answer) in answers {
            switch answer {
            case .held: break
            case .settled(let settlement): #expect(settlement.response == responses[call.id])
            case .forgotten: #expect(responses[call.id] != nil)
            case .inFlight: #expect(unended.values.contains(call.id))
            case .notGoverned: #expect(call.model == Self.unpriced)
            case .refused(let refusal):
                #expect(budgets.contains { refusal.budget == $0.name || refusal.budget == "\($0.name)/acme" })
                // Nobody else asked, and so nothing has changed since.
                if answers.count == 1, let index = budgets.firstIndex(where: { $0.name == refusal.budget }) {
                    let status = try await governors[0].status()[index]
                    // Less than nothing is left where a raise has ended.
                    let left = status.limit.nanoUSD - status.spent.nanoUSD - status.held.nanoUSD
                    #expect(left < refusal.neededNanoUSD)
                }
            }
        }
    }

    private mutating func randomCall() -> PaidCall {
        let most = Int.random(in: 0..<20, using: &random)
        // Few questions, so that calls repeat.
        let models = [SpendFixture.model, SpendFixture.otherModel, Self.unpriced]
        return SpendFixture.call(
            "q\(Int.random(in: 0..<40, using: &random))",
            model: models[[0, 0, 0, 0, 1, 1, 2].randomElement(using: &random) ?? 0],
            tenant: Bool.random(using: &random) ? "acme" : nil,
            bytes: Int.random(in: 0..<50, using: &random), outputMax: most,
            outputMin: Int.random(in: 0...most, using: &random))
    }

    private static func answer(
        of governor: CostGovernor, owner: Int, to call: PaidCall, at now: Date
    ) async throws -> Answer {
        do throws(GovernorError) {
            switch try await governor.reserve(call) {
            case .held(let reservation):
                let slot = Slot(reservation, owner: owner, reservedAt: now)
                #expect((call.outputTokensMin...call.outputTokensMax).contains(slot.outputTokensMax))
                return .held(slot)
            case .settled(let settlement): return .settled(settlement)
            case .inFlight: return .inFlight
            case .refused(let refusal): return .refused(refusal)
            }
        } catch {
            switch error {
            case .answerForgotten: return .forgotten
            case .notGoverned(call.model): return .notGoverned
            default: throw error
            }
        }
    }

    private mutating func forget() async throws {
        let age = Duration.seconds(Int.random(in: 0..<5000, using: &random))
        _ = try await governors[Int.random(in: 0..<3, using: &random)].ledger.forgetResponses(olderThan: age)
    }

    /// Ends a hold, of any owner or of one.
    private mutating func end(of owner: Int? = nil) async throws {
        let indices = open.indices.filter { owner == nil || open[$0].owner == owner }
        guard let index = indices.randomElement(using: &random) else { return }
        let slot = open.remove(at: index)
        let governor = governors[slot.owner]
        if Int.random(in: 0..<10, using: &random) == 0 {
            _ = try slot.take()
            return
        }
        unended[slot.holdID] = nil
        switch Int.random(in: 0..<9, using: &random) {
        case 0: try await governor.chargeInFull(slot.take())
        case 1, 2:
            try await governor.release(slot.take())
            charges[slot.holdID] = 0
        default:
            let tokens = Int64.random(in: min(1, slot.bound)...slot.bound, using: &random)
            let response = Data("\(slot.holdID)".utf8)
            _ = try await governor.settle(
                slot.take(), usage: TokenUsage(inputTokens: Int(tokens), outputTokens: 0), response: response)
            charges[slot.holdID] = tokens
            if responses[slot.call] == nil { responses[slot.call] = response }
        }
    }

    /// An owner's process ends at this instant, and another starts.
    private mutating func die() async throws {
        let owner = Int.random(in: 0..<3, using: &random)
        for slot in open where slot.owner == owner { _ = try slot.take() }
        open.removeAll { $0.owner == owner }
        let dying = Dying(governors[owner].ledger)
        governors[owner] = SpendFixture.governor(try await owners(), budgets: budgets)
        await dying.isGone()
    }

    /// A ledger whose last holder may be a task that has just ended.
    private final class Dying {
        private weak var ledger: AnyObject?

        init(_ ledger: any SpendLedger) { self.ledger = ledger as AnyObject }

        func isGone() async {
            while ledger != nil { await Task.yield() }
        }
    }

    private mutating func raise() async throws {
        guard let budget = budgets.randomElement(using: &random) else { return }
        let now = try #require(try await governors[0].status().first?.period.start)
        let until = max(now, clock.now()).addingTimeInterval(Double.random(in: 3601..<9000, using: &random))
        let raise = (
            budget: budget.name, limit: budget.limit.nanoUSD + Int64.random(in: 1...200, using: &random),
            until: max(until, latest.addingTimeInterval(1))
        )
        try await governors[1].raise(
            raise.budget, to: Money(nanoUSD: raise.limit), until: raise.until, reason: "a test")
        raises.append(raise)
    }

    private mutating func claim() async throws {
        for alert in try await governors[Int.random(in: 0..<3, using: &random)].claimAlerts() {
            #expect(alerts.insert(alert.id).inserted)
            try await governors[0].confirm(alert)
        }
    }
}
