import FoundationEssentials
import Spending

/// The price book as programs read it; keys are stable.
struct PriceListJSON: Encodable, Sendable {
    struct Bound: Encodable, Sendable {
        let tokensPerByte, because: String
        let tokensPerMessage, fixed: Int

        private enum CodingKeys: String, CodingKey {
            case because, fixed
            case tokensPerByte = "tokens_per_byte"
            case tokensPerMessage = "tokens_per_message"
        }
    }

    struct Entry: Encodable, Sendable {
        let provider, region, model, from, state, source, read: String
        let until: String?
        let input, output: Int64
        let cacheRead, cacheWrite: Int64?
        let bound: Bound

        private enum CodingKeys: String, CodingKey {
            case provider, region, model, from, state, source, read, until, bound
            case input = "input_nano_usd_per_token"
            case output = "output_nano_usd_per_token"
            case cacheRead = "cache_read_nano_usd_per_token"
            case cacheWrite = "cache_write_nano_usd_per_token"
        }

        init(_ price: Price, state: String) {
            provider = price.model.provider
            region = price.model.region
            model = price.model.model
            from = price.from.formatted(.iso8601)
            until = price.until?.formatted(.iso8601)
            self.state = state
            source = price.source
            read = price.read
            input = price.inputNanoUSDPerToken
            output = price.outputNanoUSDPerToken
            cacheRead = price.cacheReadNanoUSDPerToken
            cacheWrite = price.cacheWriteNanoUSDPerToken
            bound = Bound(
                tokensPerByte: price.bound.perByte, because: price.bound.because,
                tokensPerMessage: price.bound.tokensPerMessage, fixed: price.bound.fixed)
        }
    }

    struct Finding: Encodable, Sendable {
        let severity, kind, message: String

        init(_ finding: PriceFinding) {
            severity = finding.severity.rawValue
            kind = finding.kind.rawValue
            message = finding.message
        }
    }

    let prices: [Entry]
    /// Left out where no check was asked for.
    let findings: [Finding]?
}
