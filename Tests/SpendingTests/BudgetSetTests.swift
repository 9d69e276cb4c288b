import Foundation
import FunctionKit
import Spending
import SpendingCompat
import Testing

@Suite("A set of budgets")
struct BudgetSetTests {
    private func digest(_ files: [String: String]) throws -> String {
        let folder = try TextFolder(files)
        return BudgetSet(try Budget.load(folder: folder.path)).digest
    }

    @Test("is known again by what it means, whatever its files look like")
    func meaning() throws {
        let digest = try digest(["a.yaml": BudgetFileTests.valid])
        let same = """
            # Another hand wrote this.

            budgets:
              - {exhausted: answer-without-model, alerts_percent: [50, 95], name: daily, limit: "0.500",
                 scope: {tenant: [acme], model: [b, a]}, turns_at: '06:30', timezone: Asia/Kolkata, period: day}
            """
        #expect(try self.digest(["other.yaml": same]) == digest)
        for (text, change) in [
            ("\"0.50\"", "\"0.51\""), ("period: day", "period: week"), ("06:30", "06:31"), ("[a, b]", "[a]"),
            ("Asia/Kolkata", "UTC"), ("[95, 50]", "[95]"), ("answer-without-model", "reject"), ("daily", "dayly"),
            ("tenant: [acme]", "tenant: [acme, globex]"),
        ] {
            #expect(
                try self.digest(["a.yaml": BudgetFileTests.valid.replacing(text, with: change)]) != digest, "\(text)")
        }
        let other = BudgetFileTests.valid.replacing("daily", with: "another")
        let both = BudgetFileTests.valid + "\n" + other.split(separator: "\n").dropFirst().joined(separator: "\n")
        #expect(
            try self.digest(["a.yaml": BudgetFileTests.valid, "b.yaml": other]) == self.digest(["one.yaml": both]))
    }

    @Test("is read back from the ledger as it was")
    func content() throws {
        let folder = try TextFolder(["a.yaml": BudgetFileTests.valid])
        let file = try Budget.load(folder: folder.path)
        let others = [
            SpendFixture.budget("hourly", limit: .max, length: .hour, share: 30, exhausted: .waitUntilReset),
            SpendFixture.budget("fallback", exhausted: .fallbackModel("small/model \"8b\"")),
        ]
        let set = BudgetSet(file + others)
        let again = try BudgetSet(content: set.content)
        #expect(again == set && again.budgets == file + others && again.digest == set.digest)
    }

    @Test(
        "of a newer program, or of none, is refused",
        arguments: ["", "{}", #"{"budgets":[],"version":2}"#, #"{"budgets":[{"name":"x"}],"version":1}"#])
    func foreign(content: String) {
        #expect(throws: GovernorError.self) { try BudgetSet(content: content) }
    }

    @Test("says what another one changes")
    func changes() {
        let set = BudgetSet([SpendFixture.budget("a"), SpendFixture.budget("b", limit: 500_000_000)])
        var changed = SpendFixture.budget("b", limit: 900_000_000, exhausted: .waitUntilReset)
        changed.rule.turnsAtMinute = 65
        let other = BudgetSet([changed, SpendFixture.budget("c", limit: 1_000_000_000, length: .month)])
        #expect(
            set.changes(to: other) == [
                "a is left out", "b: limit $0.50 → $0.90, turns_at 00:00 → 01:05, exhausted reject → wait-until-reset",
                "c is new: $1.00 a month",
            ])
        #expect(set.changes(to: set).isEmpty)
        #expect(set.changes(to: BudgetSet(set.budgets.reversed())) == ["the order of the budgets"])
    }
}
