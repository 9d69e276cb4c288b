import CivilTime
import FoundationEssentials
import FunctionKit
package import Spending
package import TestSupport
import Testing

/// Everything that each reader of a ledger must do.
///
/// Each rule gets a new ledger and a clock of its own.
package struct SpendReaderCompatTest: Sendable {
    /// One rule: an argument of an implementation's own test.
    package typealias Rule = ConformanceRule<Self>

    /// Every rule.
    package static let rules: [Rule] = [
        Rule("nothing spent", Self.checkEmpty),
        Rule("sums", Self.checkSums),
        Rule("a late end counts where it was reserved", Self.checkLateEnd),
        Rule("questions count once", Self.checkQuestions),
        Rule("span and scope", Self.checkScope),
        Rule("counters", Self.checkCounters),
        Rule("exceptions", Self.checkExceptions),
    ]

    /// A ledger that can be read.
    package typealias Ledger = SpendLedger & SpendReader

    private let make: @Sendable (ManualClock) async throws -> any Ledger
    private static let day = {
        let start = instant("2026-11-23T00:00:00Z") ?? .distantPast
        return start..<start.addingTimeInterval(86_400)
    }()

    /// Makes a suite.
    ///
    /// - Parameter make: Makes an empty ledger on a clock.
    package init(make: @escaping @Sendable (ManualClock) async throws -> any Ledger) { self.make = make }

    private func checkEmpty() async throws {
        let ledger = try await make(ManualClock())
        for grouping in [SpendQuery.Grouping.quarter, .function, .model, .tenant, .question(atMost: 10)] {
            #expect(try await ledger.spending(SpendQuery(span: Self.day, grouping: grouping)).isEmpty)
        }
        #expect(try await ledger.counters(in: .distantPast ..< .distantFuture).isEmpty)
        #expect(try await ledger.exceptions(in: .distantPast ..< .distantFuture, atMost: 10).isEmpty)
        #expect(try await ledger.exceptionTally(in: .distantPast ..< .distantFuture) == ExceptionTally())
    }

    /// What is settled, held, released, charged and replayed, by all that calls are put together by.
    private func checkSums() async throws {
        let clock = ManualClock("2026-11-23T10:14:59Z")
        let ledger = try await make(clock)
        let governor = SpendFixture.governor(ledger, budgets: [SpendFixture.budget(limit: 1000)])
        try await governor.pay(SpendFixture.call("a", tenant: "acme"), tokens: 10)
        clock.advance(seconds: 1)
        try await governor.pay(SpendFixture.call("b", model: SpendFixture.otherModel), tokens: 20)
        try await governor.chargeInFull(governor.held(SpendFixture.call("c", tenant: "acme")))
        try await governor.release(governor.held(SpendFixture.call("d", tenant: "acme")))
        #expect(try await governor.outcome(SpendFixture.call("a", tenant: "acme")) == "settled")
        let open = try await governor.held(SpendFixture.call("e", bytes: 7))
        func sums(_ grouping: SpendQuery.Grouping) async throws -> [SpendSum] {
            try await ledger.spending(SpendQuery(span: Self.day, grouping: grouping))
        }
        func amounts(
            _ calls: Int, _ input: Int, spent: Int64, held: Int64 = 0, replays: Int? = 0, questions: Int
        ) -> SpendAmounts {
            SpendAmounts(
                calls: calls, inputTokens: input, spent: Money(nanoUSD: spent), held: Money(nanoUSD: held),
                replays: replays, questions: questions)
        }
        let quarter = instant("2026-11-23T10:00:00Z") ?? .distantPast
        #expect(
            try await sums(.quarter) == [
                SpendSum(key: .quarter(quarter), amounts: amounts(1, 10, spent: 10, questions: 1)),
                SpendSum(
                    key: .quarter(quarter.addingTimeInterval(900)),
                    amounts: amounts(3, 20, spent: 60, held: 7, replays: 1, questions: 1)),
            ])
        #expect(
            try await sums(.function) == [
                SpendSum(
                    key: .function("llm-connector"),
                    amounts: amounts(4, 30, spent: 70, held: 7, replays: 1, questions: 2))
            ])
        #expect(
            try await sums(.model) == [
                SpendSum(
                    key: .model(SpendFixture.model),
                    amounts: amounts(3, 10, spent: 50, held: 7, replays: 1, questions: 1)),
                SpendSum(key: .model(SpendFixture.otherModel), amounts: amounts(1, 20, spent: 20, questions: 1)),
            ])
        #expect(
            try await sums(.tenant) == [
                SpendSum(key: .tenant(nil), amounts: amounts(2, 20, spent: 20, held: 7, questions: 1)),
                SpendSum(key: .tenant("acme"), amounts: amounts(2, 10, spent: 50, replays: 1, questions: 1)),
            ])
        #expect(
            try await sums(.question(atMost: 2)) == [
                SpendSum(key: .question("c"), amounts: amounts(1, 0, spent: 40, replays: nil, questions: 0)),
                SpendSum(key: .question("b"), amounts: amounts(1, 20, spent: 20, replays: nil, questions: 1)),
            ])
        try await governor.release(open)
    }

    /// A call counts where it was reserved, however late it ends.
    private func checkLateEnd() async throws {
        let clock = ManualClock("2026-11-23T23:59:59Z")
        let ledger = try await make(clock)
        let governor = SpendFixture.governor(ledger)
        let reservation = try await governor.held(SpendFixture.call("a"))
        clock.advance(seconds: 2)
        _ = try await governor.settle(
            reservation, usage: TokenUsage(inputTokens: 5, outputTokens: 3), response: Data("answer".utf8))
        let sums = try await ledger.spending(SpendQuery(span: Self.day, grouping: .quarter))
        #expect(sums.map(\.amounts.spent.nanoUSD) == [8] && sums.map(\.amounts.outputTokens) == [3])
        let next = Self.day.upperBound..<Self.day.upperBound.addingTimeInterval(86_400)
        for grouping in [SpendQuery.Grouping.quarter, .question(atMost: 5)] {
            #expect(try await ledger.spending(SpendQuery(span: next, grouping: grouping)).isEmpty)
        }
    }

    /// A question counts once, where its first settlement was; for each function and model once more.
    private func checkQuestions() async throws {
        let clock = ManualClock("2026-11-23T10:00:00Z")
        let ledger = try await make(clock)
        let governor = SpendFixture.governor(ledger)
        try await governor.pay(SpendFixture.call("a"), tokens: 1)
        clock.advance(seconds: 3600)
        try await governor.pay(SpendFixture.call("a", ordinal: 1), tokens: 1)
        try await governor.pay(SpendFixture.call("a", ordinal: 2, model: SpendFixture.otherModel), tokens: 1)
        func questions(_ grouping: SpendQuery.Grouping) async throws -> [Int] {
            try await ledger.spending(SpendQuery(span: Self.day, grouping: grouping)).map(\.amounts.questions)
        }
        #expect(try await questions(.quarter) == [1, 0])
        #expect(try await questions(.function) == [1])
        #expect(try await questions(.model) == [1, 1])
        #expect(try await questions(.question(atMost: 5)) == [1])
    }

    private func checkScope() async throws {
        let ledger = try await make(ManualClock("2026-11-23T10:00:00Z"))
        let governor = SpendFixture.governor(ledger)
        try await governor.pay(SpendFixture.call("a", tenant: "acme"), tokens: 1)
        try await governor.pay(SpendFixture.call("b", model: SpendFixture.otherModel, tenant: "globex"), tokens: 2)
        try await governor.pay(SpendFixture.call("c"), tokens: 4)
        for (scope, spent) in [
            (BudgetScope(), 7), (BudgetScope(tenants: ["acme", "globex"]), 3), (BudgetScope(tenants: [""]), 0),
            (BudgetScope(models: [SpendFixture.otherModel.model]), 2), (BudgetScope(functions: ["other"]), 0),
            (BudgetScope(providers: ["bedrock"], functions: ["llm-connector"], tenants: ["acme"]), 1),
        ] {
            let sums = try await ledger.spending(SpendQuery(span: Self.day, grouping: .quarter, scope: scope))
            #expect(sums.map(\.amounts.spent.nanoUSD).reduce(0, +) == Int64(spent), "\(scope)")
        }
    }

    private func checkCounters() async throws {
        let clock = ManualClock("2026-11-22T10:00:00Z")
        let ledger = try await make(clock)
        let governor = SpendFixture.governor(
            ledger, budgets: [SpendFixture.budget(share: 50), SpendFixture.budget("monthly", length: .month)])
        try await governor.pay(SpendFixture.call("a", tenant: "acme"), tokens: 1)
        clock.advance(seconds: 86_400)
        try await governor.pay(SpendFixture.call("b"), tokens: 2)
        let counters = try await ledger.counters(in: Self.day)
        #expect(counters.map(\.budget) == ["daily", "monthly"])
        #expect(counters.map(\.spent.nanoUSD) == [2, 3])
        #expect(counters.first?.period == Period(start: Self.day.lowerBound, end: Self.day.upperBound))
        #expect(try await ledger.counters(in: .distantPast ..< .distantFuture).count == 3)
    }

    private func checkExceptions() async throws {
        let clock = ManualClock("2026-11-23T10:00:00Z")
        let ledger = try await make(clock)
        let governor = SpendFixture.governor(ledger)
        // More tokens than a token a byte.
        try await governor.pay(SpendFixture.call("a", bytes: 1), tokens: 3)
        clock.advance(seconds: 60)
        let dropped = try await governor.held(SpendFixture.call("b", model: SpendFixture.otherModel))
        _ = consume dropped
        try await governor.sweep()
        let exceptions = try await ledger.exceptions(in: Self.day, atMost: 10)
        #expect(exceptions.map(\.kind) == [.orphan, .breach])
        #expect(exceptions.map(\.spent.nanoUSD) == [40, 0] && exceptions.last?.usage?.inputTokens == 3)
        #expect(try await ledger.exceptions(in: Self.day, atMost: 1).map(\.kind) == [.orphan])
        let earlier = Self.day.lowerBound..<clock.now().addingTimeInterval(-60)
        #expect(try await ledger.exceptions(in: earlier, atMost: 10).isEmpty)
        #expect(
            try await ledger.exceptionTally(in: Self.day)
                == ExceptionTally(orphans: 1, orphansCharged: Money(nanoUSD: 40), breaches: 1))
        #expect(try await ledger.exceptionTally(in: earlier) == ExceptionTally())
    }
}
