import BudgetReport
import Foundation
import FunctionKit
import Spending

/// A rate book and budgets whose bills can be worked out by hand.
enum EstimateFixture {
    /// The region `here`, with the original design's Spot rates and without a rate for kept logs and for ARM on Spot.
    static let book = RateBook(regions: [
        "here": [
            .fargateSpotX86VCPUHour: rate("0.01214", "price page"),
            .fargateSpotX86GBHour: rate("0.001334", "price page"),
            .fargateX86VCPUHour: rate("0.04048", "price page"), .fargateX86GBHour: rate("0.004445", "price page"),
            .fargateARMVCPUHour: rate("0.03238", "price page"), .fargateARMGBHour: rate("0.00356", "price page"),
            .fargateEphemeralGBHour: rate("0.000111", "price page"), .efsGBMonth: rate("0.30", "design", "2025-10-26"),
            .publicIPv4Hour: rate("0.005", "price page"), .secretMonth: rate("0.40", "price page"),
            .logsIngestedGB: rate("0.50", "price page"),
            .transferOutGB: rate("0.09", "a \"quoted\", page", free: Quantity(100)),
            .ecrGBMonth: rate("0.10", "price page"),
        ],
        "us-east-1": [
            .fargateX86VCPUHour: rate("0.04048", "price page"), .fargateX86GBHour: rate("0.004445", "price page"),
        ],
    ])

    /// Fifty cents a day for everything.
    static let budgets = [budget("daily", limit: "0.50", .day)]

    /// The day on which the estimate is made.
    static let now = Date(timeIntervalSince1970: 1_795_694_400)  // 2026-11-26T12:00:00Z

    static func budget(
        _ name: String, limit: String, _ length: PeriodRule.Length, scope: BudgetScope = BudgetScope()
    ) -> Budget {
        Budget(
            name: name, limit: Money(limit) ?? .zero,
            rule: PeriodRule(length: length, timeZone: .gmt, turnsAtMinute: 0), scope: scope, exhausted: .reject)
    }

    static func rate(
        _ dollars: String, _ source: String, _ asOf: String = "2026-09-11", free: Quantity = .zero
    ) -> Rate {
        Rate(perUnit: Money(dollars) ?? .zero, free: free, asOf: asOf, source: source)
    }

    static func estimate(_ change: (inout EstimateOptions) -> Void = { _ in }) throws -> Estimate {
        var options = EstimateOptions()
        change(&options)
        return try Estimate(options, in: "here", book: book, budgets: budgets)
    }
}
