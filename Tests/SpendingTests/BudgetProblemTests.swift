import Foundation
import FunctionKit
import Spending
import StrictYAML
import Testing

@Suite("Bad budget files, word for word")
struct BudgetProblemTests {
    static let amount =
        "write US dollars above zero as a decimal string with at most nine decimals, such as \"0.50\""

    @Test(
        "are told with file, line and what to write",
        arguments: [
            ("\"0.50\"", "\"0\"", "3: `budgets[0].limit`: \(amount)"),
            ("\"0.50\"", "\"0.000000000\"", "3: `budgets[0].limit`: \(amount)"),
            ("\"0.50\"", "\"-0.50\"", "3: `budgets[0].limit`: \(amount)"),
            ("\"0.50\"", "\"0.1234567891\"", "3: `budgets[0].limit`: \(amount)"),
            ("\"0.50\"", "\"9223372036.854775808\"", "3: `budgets[0].limit`: \(amount)"),
            ("\"0.50\"", "\"$0.50\"", "3: `budgets[0].limit`: \(amount)"),
            ("\"0.50\"", "\"0,50\"", "3: `budgets[0].limit`: \(amount)"),
            ("\"0.50\"", "\"\"", "3: `budgets[0].limit`: write a text here"),
            (
                "Asia/Kolkata", "Asia/Calcuta",
                "5: `budgets[0].timezone`: `Asia/Calcuta` is no time zone of the IANA database; did you mean `Asia/Calcutta`?"
            ),
            (
                "Asia/Kolkata", "Europe/Berlim",
                "5: `budgets[0].timezone`: `Europe/Berlim` is no time zone of the IANA database; did you mean `Europe/Berlin`?"
            ),
            (
                "Asia/Kolkata", "+05:30",
                "5: `budgets[0].timezone`: `+05:30` is no time zone of the IANA database; write one such as `Asia/Kolkata` or `UTC`"
            ),
            ("[95, 50]", "[95, 0]", "8: `budgets[0].alerts_percent[1]`: write a whole number from 1 to 100"),
            ("[95, 50]", "[101]", "8: `budgets[0].alerts_percent[0]`: write a whole number from 1 to 100"),
            ("[95, 50]", "[-5]", "8: `budgets[0].alerts_percent[0]`: write a whole number from 1 to 100"),
            ("[95, 50]", "[99.5]", "8: `budgets[0].alerts_percent[0]`: write a whole number from 1 to 100"),
            ("[95, 50]", "[50%]", "8: `budgets[0].alerts_percent[0]`: write a whole number from 1 to 100"),
            ("[95, 50]", "80", "8: `budgets[0].alerts_percent`: write a list here, each line starting with `- `"),
        ])
    func told(_ old: String, _ new: String, _ text: String) throws {
        let folder = try TextFolder(["a.yaml": BudgetFileTests.valid.replacing(old, with: new)])
        let problem = try #require(throws: YAMLProblem.self) { try Budget.load(folder: folder.path) }
        #expect(problem.description == "\(folder.path)/a.yaml:\(text)")
    }
}

@Suite("A tenant's share of a budget")
struct TenantShareTests {
    private static func budget(scope: String, share: String?) throws -> Budget {
        let text = BudgetFileTests.valid.replacing("scope: {model: [a, b], tenant: [acme]}", with: "scope: \(scope)")
            .replacing(
                "    exhausted:", with: (share.map { "    tenant_share_percent: \($0)\n" } ?? "") + "    exhausted:")
        return try #require(try TextFolder.read(["a.yaml": text], with: Budget.load).first)
    }

    @Test(
        "is a quarter unless the file says otherwise, or an equal part, if more, where the scope names tenants",
        arguments: [
            ("{}", nil, 25), ("{model: [a]}", nil, 25), ("{}", "1", 1), ("{}", "100", 100),
            ("{tenant: [acme]}", nil, 100), ("{tenant: [acme, globex]}", nil, 50), ("{tenant: [a, b, c]}", nil, 33),
            ("{tenant: [a, b, c, d, e]}", nil, 25),
            ("{tenant: [acme, globex]}", "60", 60),
        ] as [(String, String?, Int)])
    func percent(_ scope: String, _ share: String?, _ percent: Int) throws {
        #expect(try Self.budget(scope: scope, share: share).tenantSharePercent == percent)
    }

    @Test(
        "is told with the line where it makes no sense",
        arguments: [
            ("{}", "0", "write a whole number from 1 to 100"), ("{}", "101", "write a whole number from 1 to 100"),
            ("{}", "25%", "write a whole number from 1 to 100"),
            ("{tenant: [acme]}", "50", "the budget is one tenant's own; leave the key out, or change `scope.tenant`"),
        ])
    func problems(_ scope: String, _ share: String, _ message: String) throws {
        let problem = try #require(throws: YAMLProblem.self) { try Self.budget(scope: scope, share: share) }
        #expect(problem.line == 9 && problem.message == "`budgets[0].tenant_share_percent`: \(message)")
    }

    @Test(
        "is rounded down, for any limit",
        arguments: [
            ("0.50", 25, "0.125"), ("0.000000003", 50, "0.000000001"), ("0.000000001", 99, "0"),
            ("9223372036.854775807", 100, "9223372036.854775807"), ("9223372036.854775807", 1, "92233720.368547758"),
        ])
    func rounding(_ limit: String, _ percent: Int, _ share: String) throws {
        let limit = try #require(Money(limit))
        let budget = Budget(
            name: "b", limit: limit, rule: PeriodRule(length: .day, timeZone: .gmt, turnsAtMinute: 0),
            tenantSharePercent: percent, exhausted: .reject)
        #expect(budget.tenantShare(of: limit) == Money(share))
    }
}
