import BudgetReport
import CivilTime
import Foundation
import FunctionKit
import Spending

/// Prices whose states on 2026-11-26 are all different.
enum PriceFixture {
    static let now = Date(timeIntervalSince1970: 1_795_694_400)  // 2026-11-26T12:00:00Z

    static func model(_ name: String, region: String = "ap-south-1") -> ModelID {
        ModelID(provider: "bedrock", region: region, model: name)
    }

    static func price(
        _ name: String, region: String = "ap-south-1", from: String, until: String? = nil, input: Int64 = 3180,
        output: Int64 = 4200, cacheRead: Int64? = nil, read: String = "2026-11-23"
    ) -> Price {
        Price(
            model: model(name, region: region), from: instant("\(from)T00:00:00Z") ?? .distantPast,
            until: until.flatMap { instant("\($0)T00:00:00Z") }, inputNanoUSDPerToken: input,
            outputNanoUSDPerToken: output, cacheReadNanoUSDPerToken: cacheRead,
            bound: TokenBound(
                nanoTokensPerByte: 1_000_000_000, tokensPerMessage: 8, fixed: 8, because: "bytes, and no \"more\""),
            source: "the price page", read: read)
    }

    static let prices = PriceBook([
        price("large", from: "2024-04-18", input: 3600, read: "2024-04-20"),
        price("large", from: "2026-01-01", cacheRead: 318),
        price("large", from: "2027-01-01", input: 3000),
        price("small", region: "us-east-1", from: "2025-01-01", until: "2026-06-01", read: "2026-05-01"),
    ]).all
}
