import CivilTime
import FoundationEssentials
import FunctionKit
import Spending
import TestSupport
import Testing

extension SpendLedgerCompatTest {
    static let holds = [
        Rule("the worst case is held and the truth charged", Self.checkHoldAndSettle),
        Rule("a refusal", Self.checkRefusal),
        Rule("paid once", Self.checkSettledOnce),
        Rule("in flight for everybody", Self.checkInFlight),
        Rule("doubt is charged at the bound", Self.checkDoubt),
        Rule("a dropped reservation", Self.checkDropped),
        Rule("looking writes nothing", Self.checkReadingWritesNothing),
        Rule("leases and orphans", Self.checkLeases),
        Rule("late ends of orphans", Self.checkLateEnds),
        Rule("two attempts that were both sent", Self.checkTwoAttempts),
        Rule("a breach of the bound", Self.checkBreach),
        Rule("a model that ignores what it is granted", Self.checkCapIgnored),
        Rule("a grant that was ignored", Self.checkCapIgnored),
        Rule("an impossible usage", Self.checkImpossibleUsage),
        Rule("an end that somebody else wrote", Self.checkUnknownHold),
        Rule("ends of foreign holds", Self.checkForeignEnds),
        Rule("the same call 50 times at once", Self.checkSameCall),
        Rule("many calls at once", Self.checkManyAtOnce),
    ]

    /// The worst case is held and the truth charged.
    func checkHoldAndSettle() async throws {
        let governor = try await bench().governor
        let reservation = try await governor.held(SpendFixture.call(bytes: 40))
        #expect(reservation.bound == Money(nanoUSD: 40))
        #expect(try await governor.heldAmount() == 40)
        let settlement = try await governor.settle(
            reservation, usage: TokenUsage(inputTokens: 7, outputTokens: 3), response: Data("a".utf8))
        #expect(settlement.cost == Money(nanoUSD: 10))
        let status = try #require(try await governor.status().first)
        #expect(status.spent == Money(nanoUSD: 10) && status.held == .zero && status.remaining == Money(nanoUSD: 90))
    }

    /// A call whose worst case does not fit is refused: with what is left, why, policy and the period's end.
    func checkRefusal() async throws {
        let governor = try await bench().governor
        let opens = try #require(instant("2026-11-24T00:00:00Z"))
        let held = try await governor.held(SpendFixture.call("a", bytes: 61))
        #expect(
            try await governor.refusal(SpendFixture.call("b", bytes: 40))
                == BudgetRefusal(
                    budget: "daily", cause: .held, remainingNanoUSD: 39, neededNanoUSD: 40, policy: .reject,
                    opensAt: opens,
                    explanation: "the budget `daily` has no room for a call while others are under way"
                        + " (it may cost up to $0.00000004, $0.000000039 is left); ask again in a moment"))
        _ = try await governor.settle(
            held, usage: TokenUsage(inputTokens: 61, outputTokens: 0), response: Data())
        #expect(
            try await governor.refusal(SpendFixture.call("b", bytes: 40))
                == BudgetRefusal(
                    budget: "daily", cause: .noRoom, remainingNanoUSD: 39, neededNanoUSD: 40, policy: .reject,
                    opensAt: opens,
                    explanation: "the budget `daily` has no room for a call (it may cost up to $0.00000004,"
                        + " $0.000000039 is left); it opens at 2026-11-24 00:00 UTC (2026-11-24T00:00:00Z)"))
        #expect(try await governor.outcome(SpendFixture.call("c", bytes: 39)) == "held")
        #expect(try await governor.heldAmount() == 0)
    }

    /// A settled call is answered from the store and never paid again, also where no money is left.
    func checkSettledOnce() async throws {
        let bench = try await bench()
        try await bench.governor.pay(SpendFixture.call(bytes: 100), tokens: 100, response: "first")
        for governor in [bench.governor, try await bench.another()] {
            guard case .settled(let settlement) = try await governor.reserve(SpendFixture.call(bytes: 100)) else {
                Issue.record("it was not settled")
                return
            }
            #expect(settlement.response == Data("first".utf8) && settlement.cost == Money(nanoUSD: 100))
            #expect(settlement.usage == TokenUsage(inputTokens: 100, outputTokens: 0))
            #expect(settlement.model == SpendFixture.model && settlement.countedBy == .body)
            #expect(try await governor.spent() == 100)
        }
    }

    /// A call under way is in flight for everybody; another ordinal, digest or question is another call.
    func checkInFlight() async throws {
        let bench = try await bench()
        let reservation = try await bench.governor.held(SpendFixture.call(bytes: 10))
        for governor in [bench.governor, try await bench.another()] {
            #expect(try await governor.outcome(SpendFixture.call(bytes: 10)) == "in flight")
            #expect(try await governor.outcome(SpendFixture.call(ordinal: 1, bytes: 10)) == "held")
            #expect(try await governor.outcome(SpendFixture.call(digest: "e", bytes: 10)) == "held")
        }
        try await bench.governor.release(reservation)
        #expect(try await bench.governor.outcome(SpendFixture.call(bytes: 10)) == "held")
    }

    /// Doubt is charged at the bound, and the call may be made again.
    func checkDoubt() async throws {
        let governor = try await bench().governor
        try await governor.chargeInFull(governor.held(SpendFixture.call(bytes: 40)))
        #expect(try await governor.spent() == 40)
        #expect(try await governor.outcome(SpendFixture.call(bytes: 40)) == "held")
    }

    /// A reservation that is dropped is charged in full.
    func checkDropped() async throws {
        let governor = try await bench().governor
        _ = try await governor.held(SpendFixture.call(bytes: 40))
        #expect(try await governor.spent() == 40)
        #expect(try await governor.heldAmount() == 0)
        #expect(try await governor.outcome(SpendFixture.call(bytes: 40)) == "held")
        #expect(try await governor.journalKinds() == ["reserve", "orphan", "reserve", "release"])
    }

    /// Looking changes nothing: what was dropped, or held by an owner that is gone, stays held until somebody writes.
    func checkReadingWritesNothing() async throws {
        let bench = try await bench()
        let governor = bench.governor
        try await governor.pay(SpendFixture.call("paid"), tokens: 5)
        _ = try await governor.held(SpendFixture.call("dropped", bytes: 40))
        bench.clock.advance(seconds: 3600)
        let before = try await governor.journalKinds()
        let statuses = try await governor.status()
        #expect(statuses.map(\.spent.nanoUSD) == [5] && statuses.map(\.held.nanoUSD) == [40])
        #expect(try await governor.ledgerInstant() == bench.clock.now())
        #expect(try await governor.hasRoom(budget: "daily", for: Money(nanoUSD: 55)))
        #expect(try await !governor.hasRoom(budget: "daily", for: Money(nanoUSD: 56)))
        #expect(try await governor.journalKinds() == before)
        #expect(try await governor.outcome(SpendFixture.call("next", bytes: 1)) == "held")
        #expect(try await governor.status().map(\.spent.nanoUSD) == [45])
    }

    /// A hold whose lease ended is charged as an orphan in the period of its reservation; a renewed one lives on.
    func checkLeases() async throws {
        let bench = try await bench("2026-11-23T23:59:00Z")
        let (governor, clock) = (bench.governor, bench.clock)
        // Where an owner's end can be seen, no lease is needed.
        guard bench.ledger.lease != nil else { return }
        let late = try await governor.held(SpendFixture.call(bytes: 40))
        clock.advance(seconds: 59)
        try await bench.ledger.renewLeases()
        clock.advance(seconds: 59)
        #expect(try await governor.outcome(SpendFixture.call(bytes: 40)) == "in flight")
        clock.advance(seconds: 1)
        #expect(try await bench.another().outcome(SpendFixture.call(bytes: 40)) == "held")
        #expect(try await governor.spent() == 0)
        let yesterday = JournalReplay.Line(
            budget: "daily", periodStart: try #require(instant("2026-11-23T00:00:00Z")))
        #expect(try await JournalReplay(of: governor).expectWithinLimits() == [yesterday: 40])
        // The answer came after all: the charge becomes the truth.
        _ = try await governor.settle(
            late, usage: TokenUsage(inputTokens: 5, outputTokens: 0), response: Data("late".utf8))
        #expect(try await JournalReplay(of: governor).expectWithinLimits() == [yesterday: 5])
        #expect(try await governor.outcome(SpendFixture.call(bytes: 40)) == "settled")
        #expect(try await governor.verify().differences.isEmpty)
    }

    /// An orphan stays charged after doubt, and is given back where the call was surely never made.
    func checkLateEnds() async throws {
        let bench = try await bench()
        guard bench.ledger.lease != nil else { return }
        let doubted = try await bench.governor.held(SpendFixture.call("a", bytes: 20))
        let unmade = try await bench.governor.held(SpendFixture.call("b", bytes: 30))
        bench.clock.advance(seconds: 60)
        #expect(try await bench.governor.spent() == 50)
        try await bench.governor.chargeInFull(doubted)
        try await bench.governor.release(unmade)
        #expect(try await bench.governor.spent() == 20)
        #expect(try await bench.governor.verify().differences.isEmpty)
    }

    /// Two attempts that were both sent are both charged, and the first response is kept.
    func checkTwoAttempts() async throws {
        let bench = try await bench()
        guard bench.ledger.lease != nil else { return }
        let governor = bench.governor
        let first = try await governor.held(SpendFixture.call(bytes: 40))
        bench.clock.advance(seconds: 60)
        // Its owner knows that it is still at it.
        #expect(try await governor.outcome(SpendFixture.call(bytes: 40)) == "in flight")
        let other = try await bench.another()
        let second = try await other.held(SpendFixture.call(bytes: 40))
        _ = try await other.settle(
            second, usage: TokenUsage(inputTokens: 11, outputTokens: 0), response: Data("second".utf8))
        _ = try await governor.settle(
            first, usage: TokenUsage(inputTokens: 7, outputTokens: 0), response: Data("first".utf8))
        #expect(try await governor.spent() == 18)
        guard case .settled(let settlement) = try await governor.reserve(SpendFixture.call(bytes: 40)) else {
            Issue.record("it was not settled")
            return
        }
        #expect(settlement.response == Data("second".utf8))
    }

    /// A cost above the bound is charged and journaled; the model is refused until its bound is raised enough.
    func checkBreach() async throws {
        let bench = try await bench()
        let governor = bench.governor
        try await governor.pay(SpendFixture.call("first", bytes: 85), tokens: 85)
        let call = SpendFixture.call("a", bytes: 10, outputMax: 10, outputMin: 1)
        let reservation = try await governor.held(call)
        #expect(reservation.outputTokensMax == 5 && reservation.bound == Money(nanoUSD: 15))
        let settlement = try await governor.settle(
            reservation, usage: TokenUsage(inputTokens: 13, outputTokens: 5), response: Data())
        #expect(settlement.cost == Money(nanoUSD: 18))
        #expect(try await governor.spent() == 103)
        #expect(try await governor.journalKinds() == ["reserve", "settle", "reserve", "settle", "breach"])
        bench.clock.set("2026-11-24T10:00:00Z")
        await #expect(throws: GovernorError.boundBreached(SpendFixture.model)) {
            try await governor.outcome(SpendFixture.call("b", bytes: 1))
        }
        #expect(try await governor.outcome(SpendFixture.call("c", model: SpendFixture.otherModel, bytes: 1)) == "held")
        // A dearer price does not heal it, nor does a bound that would still not have held.
        for price in [SpendFixture.price(nano: 2), SpendFixture.price(fixed: 2)] {
            await #expect(throws: GovernorError.boundBreached(SpendFixture.model)) {
                try await SpendFixture.governor(bench.ledger, prices: [price])
                    .outcome(SpendFixture.call("b", bytes: 1))
            }
        }
        let raised = SpendFixture.governor(bench.ledger, prices: [SpendFixture.price(fixed: 3)])
        #expect(try await raised.outcome(SpendFixture.call("b", bytes: 1)) == "held")
        // What was settled is answered all the same.
        #expect(try await governor.outcome(call) == "settled")
        #expect(try await governor.verify().differences.isEmpty)
    }

    /// A model that writes more than it was granted is refused, however little that cost, and no bound heals it.
    func checkCapIgnored() async throws {
        let bench = try await bench(budgets: [SpendFixture.budget(limit: 65)])
        let governor = bench.governor
        // Granted 5 of 10 output tokens: the breach is judged by what was granted.
        let call = SpendFixture.call("a", bytes: 60, outputMax: 10, outputMin: 1)
        let reservation = try await governor.held(call)
        #expect(reservation.outputTokensMax == 5 && reservation.bound == Money(nanoUSD: 65))
        let settlement = try await governor.settle(
            reservation, usage: TokenUsage(inputTokens: 20, outputTokens: 6), response: Data())
        #expect(settlement.cost == Money(nanoUSD: 26))
        #expect(try await governor.journalKinds() == ["reserve", "settle", "breach"])
        let next = SpendFixture.call("b", bytes: 1)
        for price in [SpendFixture.price(), SpendFixture.price(fixed: 30)] {
            await #expect(throws: GovernorError.boundBreached(SpendFixture.model)) {
                try await SpendFixture.governor(bench.ledger, prices: [price]).outcome(next)
            }
        }
        #expect(try await governor.acceptBreaches(of: "llama", by: "owner", reason: "a test") == 1)
        #expect(try await governor.outcome(next) == "held")
        // What was granted is no more than that.
        let other = try await governor.held(SpendFixture.call("c", bytes: 10, outputMax: 10))
        _ = try await governor.settle(other, usage: TokenUsage(inputTokens: 1, outputTokens: 10), response: Data())
        #expect(try await governor.outcome(next) == "held")
        #expect(try await governor.verify().isSound)
    }

    /// A usage that cannot be true is charged at the bound.
    func checkImpossibleUsage() async throws {
        for usage in [
            TokenUsage(inputTokens: -1, outputTokens: 0), TokenUsage(inputTokens: .max, outputTokens: .max),
        ] {
            let governor = try await bench().governor
            let settlement = try await governor.settle(
                governor.held(SpendFixture.call(bytes: 40)), usage: usage, response: Data())
            #expect(settlement.cost == Money(nanoUSD: 40) && settlement.countedBy == .bound)
            #expect(settlement.usage == TokenUsage(inputTokens: 0, outputTokens: 0))
            #expect(try await governor.spent() == 40)
            // It harms no other call, also of the same function and model.
            try await governor.pay(SpendFixture.call("next"), tokens: 1)
            #expect(try await governor.spent() == 41)
        }
    }

    /// An end that somebody else wrote is reported, and charges nothing twice.
    func checkUnknownHold() async throws {
        let bench = try await bench()
        let reservation = try await bench.governor.held(SpendFixture.call())
        try await bench.ledger.release(reservation.holdID, of: reservation.call.id)
        do {
            try await bench.governor.chargeInFull(reservation)
            Issue.record("it was charged")
        } catch {
            #expect(error == .unknownHold)
        }
        await #expect(throws: GovernorError.unknownHold) {
            try await bench.ledger.release(HoldID(number: 4711), of: SpendFixture.call().id)
        }
        #expect(try await bench.governor.spent() == 0)
    }

    /// An end is taken only from the hold's owner for the hold's call, also of a hold that was charged as an orphan: after
    /// a restored copy, a hold's number may come again.
    func checkForeignEnds() async throws {
        let bench = try await bench()
        let call = SpendFixture.call(bytes: 40)
        let reservation = try await bench.governor.held(call)
        let other = try await bench.owners()
        try await expectRefused(reservation.holdID, by: other, for: call)
        try await expectRefused(reservation.holdID, by: bench.ledger, for: SpendFixture.call("another", bytes: 40))
        try await expectRefused(reservation.holdID, by: bench.ledger, for: SpendFixture.call(digest: "e", bytes: 40))
        #expect(try await bench.governor.heldAmount() == 40)
        #expect(try await bench.governor.spent() == 0)
        if bench.ledger.lease != nil {
            bench.clock.advance(seconds: 60)
            #expect(try await bench.governor.spent() == 40)
            try await expectRefused(reservation.holdID, by: other, for: call)
            #expect(try await bench.governor.spent() == 40)
        }
        _ = try await bench.governor.settle(
            reservation, usage: TokenUsage(inputTokens: 7, outputTokens: 0), response: Data("own".utf8))
        #expect(try await bench.governor.spent() == 7)
        #expect(try await bench.governor.outcome(call) == "settled")
        #expect(try await bench.governor.outcome(SpendFixture.call("another", bytes: 40)) == "held")
        #expect(try await bench.governor.verify().isSound)
    }

    private func expectRefused(_ holdID: HoldID, by ledger: any SpendLedger, for call: PaidCall) async throws {
        let settlement = Settlement(
            cost: Money(nanoUSD: 3), model: call.model, usage: TokenUsage(inputTokens: 3, outputTokens: 0),
            countedBy: .body, requestID: nil, response: Data("foreign".utf8))
        await #expect(throws: GovernorError.unknownHold) {
            try await ledger.settle(holdID, of: call, settlement: settlement)
        }
        await #expect(throws: GovernorError.unknownHold) { try await ledger.chargeInFull(holdID, of: call.id) }
        await #expect(throws: GovernorError.unknownHold) { try await ledger.release(holdID, of: call.id) }
    }

    /// Of 50 tasks that make the same call at once, one pays and all get its answer in the end.
    func checkSameCall() async throws {
        let governor = try await bench().governor
        let answers = try await withThrowingTaskGroup(of: String.self) { group in
            for task in 0..<50 {
                group.addTask {
                    switch try await governor.reserve(SpendFixture.call()) {
                    case .held(let reservation):
                        _ = try await governor.settle(
                            reservation, usage: TokenUsage(inputTokens: 1, outputTokens: 0),
                            response: Data("\(task)".utf8))
                        return "paid"
                    case .settled: return "settled"
                    case .inFlight: return "in flight"
                    default: return "refused"
                    }
                }
            }
            return try await group.reduce(into: [String]()) { $0.append($1) }
        }
        #expect(answers.filter { $0 == "paid" }.count == 1)
        #expect(!answers.contains("refused"))
        #expect(try await governor.spent() == 1)
        #expect(try await governor.outcome(SpendFixture.call()) == "settled")
        #expect(try await governor.journalKinds() == ["reserve", "settle"])
    }

    /// Of 180 calls that three owners make at once, as many are made as fit.
    func checkManyAtOnce() async throws {
        let bench = try await bench()
        let governors = [bench.governor, try await bench.another(), try await bench.another()]
        let made = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<180 {
                group.addTask {
                    let governor = governors[number % governors.count]
                    guard
                        case .held(let reservation) = try await governor.reserve(
                            SpendFixture.call("q\(number)", bytes: 7))
                    else { return false }
                    try await governor.chargeInFull(reservation)
                    return true
                }
            }
            return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(made == 14)
        #expect(try await bench.governor.spent() == 98)
        #expect(try await bench.governor.heldAmount() == 0)
        #expect(try await bench.governor.verify().differences.isEmpty)
    }
}
