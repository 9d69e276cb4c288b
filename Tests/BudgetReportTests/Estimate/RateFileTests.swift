import BudgetReport
import CivilTime
import Foundation
import Spending
import StrictYAML
import TestSupport
import Testing

@Suite("Rate files")
struct RateFileTests {
    private static let budgets = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "budgets").path

    @Test("every shipped file loads, and each rate has a source and a day that has come")
    func shipped() throws {
        let book = try RateBook.load(folder: Self.budgets + "/rates")
        #expect(book.regions.keys.sorted() == ["ap-south-1", "us-east-1"])
        for (region, rates) in book.regions {
            for (name, rate) in rates {
                #expect(rate.perUnit > .zero && rate.source.count >= 20, "\(region) \(name)")
                let asOf = try #require(rate.asOf.flatMap { instant("\($0)T00:00:00Z") }, "\(region) \(name)")
                #expect(asOf < Date(), "\(region) \(name)")
            }
        }
        // All of Fargate on demand, in both regions.
        for name in [RateName.fargateX86VCPUHour, .fargateX86GBHour, .fargateARMVCPUHour, .fargateARMGBHour] {
            #expect(book.regions.values.allSatisfy { $0[name] != nil })
        }
    }

    @Test("they do not get into the way of budgets and prices, and an estimate is made of all three")
    func besideBudgets() throws {
        let budgets = try Budget.load(folder: Self.budgets)
        #expect(try !PriceBook.load(folder: Self.budgets + "/prices").all.isEmpty)
        for region in ["ap-south-1", "us-east-1"] {
            let estimate = try Estimate(
                EstimateOptions(), in: region, book: RateBook.load(folder: Self.budgets + "/rates"), budgets: budgets)
            #expect(estimate.bill.total > .zero)
        }
    }

    @Test(
        "a slip of the pen is told with file, line and what to write instead",
        arguments: [
            (
                "region: here\nrates:\n  - name: efs_gb_mont",
                "here.yaml:3: `rates[0].name`: there is no rate `efs_gb_mont`; did you mean `efs_gb_month`?"
            ),
            (
                "region: here\nrates:\n  - name: efs_gb_month\n    usd: \"0.3\"\n    asof: 2026-01-01",
                "here.yaml:5: unknown key `rates[0].asof`; did you mean `as_of`?"
            ),
            (
                "region: here\nrates:\n  - {name: efs_gb_month, usd: \"-1\", as_of: 2026-01-01, read: 2026-01-01, source: s}",
                "here.yaml:3: `rates[0].usd`: write US dollars above zero as a decimal string with at most nine decimals,"
                    + " such as \"0.04256\""
            ),
            (
                "region: here\nrates:\n  - {name: efs_gb_month, usd: \"1\", as_of: 2026-02-30, read: 2026-01-01, source: s}",
                "here.yaml:3: `rates[0].as_of`: write a day such as `2026-11-23`"
            ),
            (
                "region: here\nrates:\n  - {name: efs_gb_month, usd: \"1\", as_of: 2026-01-01, read: 2026-01-01}",
                "here.yaml:3: `rates[0]`: the key `source` is missing"
            ),
            (
                "region: here\nrates:\n  - {name: efs_gb_month, usd: \"1\", as_of: 2026-01-01, read: 2026-01-01, source: s}\n"
                    + "  - {name: efs_gb_month, usd: \"2\", as_of: 2026-01-01, read: 2026-01-01, source: s}",
                "here.yaml:4: `rates[1]`: `efs_gb_month` stands twice; keep one"
            ),
            ("region: here\nrates: []", "here.yaml:1: `rates` is empty; list at least one rate"),
        ])
    func slips(text: String, complaint: String) throws {
        let folder = try TemporaryFolder()
        try text.write(toFile: folder.path + "/here.yaml", atomically: true, encoding: .utf8)
        do throws(YAMLProblem) {
            _ = try RateBook.load(folder: folder.path)
            Issue.record("the file has a slip")
        } catch {
            #expect(error.description == folder.path + "/" + complaint)
        }
    }

    @Test("a region stands in one file")
    func twice() throws {
        let folder = try TemporaryFolder()
        for name in ["a", "b"] {
            try """
            region: here
            rates: [{name: efs_gb_month, usd: "0.3", as_of: 2026-01-01, read: 2026-01-01, source: s}]
            """.write(toFile: folder.path + "/\(name).yaml", atomically: true, encoding: .utf8)
        }
        #expect(throws: YAMLProblem.self) { try RateBook.load(folder: folder.path) }
    }
}
