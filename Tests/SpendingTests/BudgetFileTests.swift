import Foundation
import FunctionKit
import Spending
import StrictYAML
import Testing

@Suite("Budget files")
struct BudgetFileTests {
    static let valid = """
        budgets:
          - name: daily
            limit: "0.50"
            period: day
            timezone: Asia/Kolkata
            turns_at: "06:30"
            scope: {model: [a, b], tenant: [acme]}
            alerts_percent: [95, 50]
            exhausted: answer-without-model
        """

    @Test("are read in whole")
    func reads() throws {
        let folder = try TextFolder(["a.yaml": Self.valid])
        let budgets = try Budget.load(folder: folder.path)
        #expect(
            budgets == [
                Budget(
                    name: "daily", limit: Money(nanoUSD: 500_000_000),
                    rule: PeriodRule(
                        length: .day, timeZone: try #require(TimeZone(identifier: "Asia/Kolkata")), turnsAtMinute: 390),
                    scope: BudgetScope(models: ["a", "b"], tenants: ["acme"]), alertsPercent: [50, 95],
                    exhausted: .answerWithoutModel)
            ])
    }

    @Test("turn at midnight, cover everything and alert nobody where nothing is said")
    func defaults() throws {
        let lines = Self.valid.split(separator: "\n").filter {
            !$0.contains("turns_at") && !$0.contains("scope") && !$0.contains("alerts")
        }
        let budget = try #require(
            try TextFolder.read(["a.yaml": lines.joined(separator: "\n")], with: Budget.load).first)
        #expect(budget.rule.turnsAtMinute == 0 && budget.scope == BudgetScope() && budget.alertsPercent.isEmpty)
    }

    @Test(
        "know four policies",
        arguments: [
            ("answer-without-model", .answerWithoutModel), ("wait-until-reset", .waitUntilReset), ("reject", .reject),
            ("{fallback-model: meta.llama3-8b-instruct-v1:0}", .fallbackModel("meta.llama3-8b-instruct-v1:0")),
        ] as [(String, ExhaustedPolicy)])
    func policies(_ text: String, _ policy: ExhaustedPolicy) throws {
        let folder = try TextFolder(["a.yaml": Self.valid.replacing("answer-without-model", with: text)])
        #expect(try Budget.load(folder: folder.path).first?.exhausted == policy)
    }

    @Test(
        "tell file, line and what to write instead",
        arguments: [
            ("limit: \"0.50\"", "limit: \"0.00\"", 3, "write US dollars above zero"),
            ("limit: \"0.50\"", "limit: 5e-1", 3, "such as \"0.50\""),
            ("limit: \"0.50\"", "limit: \"0.0000000001\"", 3, "at most nine decimals"),
            ("limit: \"0.50\"", "limit: -1", 3, "above zero"),
            ("limit: \"0.50\"", "limitt: 1", 3, "did you mean `limit`?"),
            ("name: daily", "name: \"two words\"", 2, "letters, digits"),
            ("period: day", "period: year", 4, "`hour`, `day`, `week`, `month`"),
            ("Asia/Kolkata", "Asia/Kolkatta", 5, "did you mean `Asia/Kolkata`?"),
            ("Asia/Kolkata", "IST", 5, "is no time zone"),
            ("Asia/Kolkata", "GMT+5:30", 5, "is no time zone"),
            ("\"06:30\"", "\"24:00\"", 6, "from \"00:00\" to \"23:59\""),
            ("\"06:30\"", "\"6:30\"", 6, "from \"00:00\" to \"23:59\""),
            ("tenant: [acme]", "tenants: [acme]", 7, "did you mean `tenant`?"),
            ("tenant: [acme]", "tenant: []", 7, "leave the key out"),
            ("tenant: [acme]", "tenant: acme", 7, "write a list"),
            ("[95, 50]", "[50, 50]", 8, "stands twice"),
            ("answer-without-model", "explode", 9, "`{fallback-model: ID}`"),
            ("answer-without-model", "{fallback: x}", 9, "the keys here are `fallback-model`"),
        ])
    func problems(_ old: String, _ new: String, _ line: Int, _ message: String) throws {
        let folder = try TextFolder(["a.yaml": Self.valid.replacing(old, with: new)])
        let problem = try #require(throws: YAMLProblem.self) { try Budget.load(folder: folder.path) }
        #expect(problem.file == "\(folder.path)/a.yaml")
        #expect(problem.line == line)
        #expect(problem.message.contains(message), "\(problem)")
    }

    @Test("need each of the keys", arguments: ["name", "limit", "period", "timezone", "exhausted"])
    func missingKeys(_ key: String) throws {
        let lines = Self.valid.replacing("- name: daily", with: "- \n    name: daily").split(separator: "\n")
        let text = lines.filter { !$0.contains("\(key):") }.joined(separator: "\n")
        let folder = try TextFolder(["a.yaml": text])
        let problem = try #require(throws: YAMLProblem.self) { try Budget.load(folder: folder.path) }
        #expect(problem.message.contains("`\(key)` is missing"), "\(problem)")
    }

    @Test("do not share names, also across files")
    func duplicates() throws {
        let folder = try TextFolder(["a.yaml": Self.valid, "b.yaml": Self.valid])
        let problem = try #require(throws: YAMLProblem.self) { try Budget.load(folder: folder.path) }
        #expect(problem.file == "\(folder.path)/b.yaml" && problem.message.contains("`daily`"))
    }

    @Test("must be there, and end in .yaml")
    func emptyFolder() throws {
        for files in [[:], ["a.yml": Self.valid], ["a.yaml": "budgets: []"], ["a.yaml": ""]] {
            let folder = try TextFolder(files)
            #expect(throws: YAMLProblem.self) { try Budget.load(folder: folder.path) }
        }
        #expect(throws: YAMLProblem.self) { try Budget.load(folder: "/nowhere") }
    }

    @Test("cover the calls that fit every list")
    func covers() throws {
        func call(_ provider: String, _ model: String, _ function: String, _ tenant: String?) -> PaidCall {
            PaidCall(
                id: CallID(questionID: "q", function: function, ordinal: 0, digest: "d"),
                model: ModelID(provider: provider, region: "r", model: model), tenant: tenant, inputBytes: 1,
                outputTokensMax: 1)
        }
        let scope = BudgetScope(providers: ["p"], models: ["m", "n"], functions: ["f"], tenants: ["t"])
        #expect(scope.contains(call("p", "m", "f", "t")) && scope.contains(call("p", "n", "f", "t")))
        for other in [
            call("x", "m", "f", "t"), call("p", "x", "f", "t"), call("p", "m", "x", "t"), call("p", "m", "f", "x"),
            call("p", "m", "f", nil),
        ] {
            #expect(!scope.contains(other))
            #expect(BudgetScope().contains(other))
        }
    }
}
