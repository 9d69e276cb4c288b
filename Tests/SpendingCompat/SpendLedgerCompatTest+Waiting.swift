import FoundationEssentials
import FunctionKit
import Spending
import Synchronization
import TestSupport
import Testing

extension SpendLedgerCompatTest {
    static let waiting = [
        Rule("waiting for money that is held", Self.checkWaiting),
        Rule("the end of patience", Self.checkPatienceEnds),
        Rule("waiting in vain", Self.checkWaitingInVain),
        Rule("nobody overtakes", Self.checkNobodyOvertakes),
        Rule("a crowd that waits", Self.checkWaitingCrowd),
    ]

    /// Who has patience waits for money that is merely held, and gets it when it comes free, whoever held it.
    func checkWaiting() async throws {
        let bench = try await bench()
        for (number, governor) in [bench.governor, try await bench.another()].enumerated() {
            let reservation = try await bench.governor.held(SpendFixture.call("a", bytes: 80))
            // Asked again while the caller waits: only then is the money given back.
            let asked = AsyncStream<Void>.makeStream()
            async let paid = Self.pay(governor, SpendFixture.call("b \(number)", bytes: 90)) {
                asked.continuation.yield()
                return .seconds(50)
            }
            for await _ in asked.stream.prefix(3) {}
            #expect(try await bench.governor.heldAmount() == 80)
            try await bench.governor.release(reservation)
            #expect(try await paid == 1)
        }
        // Waiting cannot help where the money is spent.
        try await bench.governor.pay(SpendFixture.call("c", bytes: 48), tokens: 48)
        switch try await bench.governor.reserve(SpendFixture.call("d", bytes: 60), patience: { .seconds(50) }) {
        case .refused(let refusal): #expect(refusal.cause == .noRoom && refusal.remainingNanoUSD == 50)
        default: Issue.record("it was not refused")
        }
    }

    /// Waits, pays one nano-dollar and says so.
    private static func pay(
        _ governor: CostGovernor, _ call: PaidCall, patience: @Sendable () -> Duration
    ) async throws -> Int64 {
        try await governor.settle(
            governor.held(call, patience: patience), usage: TokenUsage(inputTokens: 1, outputTokens: 0),
            response: Data()
        ).cost.nanoUSD
    }

    /// Whose patience ends, or whose task is cancelled, is granted what fits, or refused; nothing stays held.
    func checkPatienceEnds() async throws {
        let governor = try await bench().governor
        let reservation = try await governor.held(SpendFixture.call("a", bytes: 80))
        for (least, granted) in [(5, 10), (11, nil)] as [(Int, Int?)] {
            let asked = Atomic(0)
            let call = SpendFixture.call("b", bytes: 10, outputMax: 50, outputMin: least)
            let admission = try await governor.reserve(call) {
                asked.add(1, ordering: .relaxed).newValue < 4 ? .milliseconds(1) : .zero
            }
            switch consume admission {
            case .held(let held):
                #expect(held.outputTokensMax == granted)
                try await governor.release(held)
            case .refused(let refusal):
                #expect(granted == nil && refusal.cause == .held && refusal.remainingNanoUSD == 20)
            default: Issue.record("it was neither held nor refused")
            }
        }
        let asked = AsyncStream<Void>.makeStream()
        let waiting = Task {
            try await governor.held(SpendFixture.call("c", bytes: 30)) {
                asked.continuation.yield()
                return .seconds(50)
            }.bound
        }
        for await _ in asked.stream.prefix(3) {}
        waiting.cancel()
        await #expect(throws: NotHeld.self) { try await waiting.value }
        #expect(try await governor.heldAmount() == 80)
        try await governor.release(reservation)
        // Nobody is left in the line.
        #expect(try await governor.outcome(SpendFixture.call("d", bytes: 100)) == "held")
    }

    /// Who would wait for one budget in vain, because another one is spent, is refused at once by that one.
    func checkWaitingInVain() async throws {
        let governor = try await bench(budgets: [
            SpendFixture.budget(), SpendFixture.budget("acme", limit: 30, scope: BudgetScope(tenants: ["acme"])),
        ]).governor
        try await governor.pay(SpendFixture.call("a", tenant: "acme", bytes: 30), tokens: 30)
        let reservation = try await governor.held(SpendFixture.call("b", bytes: 65))
        let call = SpendFixture.call("c", tenant: "acme", bytes: 10)
        switch try await governor.reserve(call, patience: { .seconds(50) }) {
        case .refused(let refusal): #expect(refusal.budget == "acme" && refusal.cause == .spent)
        default: Issue.record("it was not refused")
        }
        try await governor.release(reservation)
    }

    /// Who comes later with a call that would fit now waits behind one that does not fit yet.
    func checkNobodyOvertakes() async throws {
        let governor = try await bench().governor
        let reservation = try await governor.held(SpendFixture.call("a", bytes: 80))
        let (served, serve) = AsyncStream.makeStream(of: String.self)
        let (asked, ask) = AsyncStream.makeStream(of: Void.self)
        async let large: Void = Self.waitAndGiveBack(
            governor, SpendFixture.call("large", bytes: 90), asked: ask, served: serve)
        // Asked a second time, it stands in line.
        for await _ in asked.prefix(2) {}
        let (askedAgain, askAgain) = AsyncStream.makeStream(of: Void.self)
        async let small: Void = Self.waitAndGiveBack(
            governor, SpendFixture.call("small", bytes: 15), asked: askAgain, served: serve)
        for await _ in askedAgain.prefix(2) {}
        try await governor.release(reservation)
        _ = try await (large, small)
        serve.finish()
        #expect(await served.reduce(into: []) { $0.append($1) } == ["large", "small"])
    }

    private static func waitAndGiveBack(
        _ governor: CostGovernor, _ call: PaidCall, asked: AsyncStream<Void>.Continuation,
        served: AsyncStream<String>.Continuation
    ) async throws {
        let reservation = try await governor.held(call) {
            asked.yield()
            return .seconds(50)
        }
        served.yield(call.id.questionID)
        try await governor.release(reservation)
    }

    /// Of many that wait, each is served in the end, and what is left does not fit one more.
    func checkWaitingCrowd() async throws {
        let budgets = [
            SpendFixture.budget(limit: 1000, share: 60), SpendFixture.budget("hourly", limit: 900, length: .hour),
        ]
        let bench = try await bench(budgets: budgets)
        let governors = [bench.governor, try await bench.another(budgets: budgets)]
        let outcomes = try await withThrowingTaskGroup(of: Int64.self) { group in
            for task in 0..<200 {
                group.addTask {
                    let call = SpendFixture.call(
                        "q\(task)", tenant: task.isMultiple(of: 2) ? "acme" : nil, bytes: 90)
                    switch try await governors[task % 2].reserve(call, patience: { .seconds(50) }) {
                    case .held(let reservation):
                        await Task.yield()
                        return try await governors[task % 2].settle(
                            reservation, usage: TokenUsage(inputTokens: 7, outputTokens: 0), response: Data()
                        ).cost.nanoUSD
                    default: return 0
                    }
                }
            }
            return try await group.reduce(into: [Int64]()) { $0.append($1) }
        }
        // 116 × 7 = 812 are spent: with 88 of the hourly 900 left, a call that may cost 90 is refused.
        #expect(outcomes.reduce(0, +) == 812 && outcomes.count == 200)
        #expect(try await bench.governor.status().map(\.held) == [.zero, .zero])
        try await JournalReplay(of: bench.governor).expectWithinLimits()
        #expect(try await bench.governor.verify().differences.isEmpty)
    }
}
