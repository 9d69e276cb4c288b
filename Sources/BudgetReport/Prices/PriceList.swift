package import Documents
package import FoundationEssentials
package import Spending

/// The price book as people and programs read it.
package struct PriceList: Sendable {
    /// All prices.
    package let prices: [Price]
    /// What a check found; nil where none was asked for.
    package let check: PriceCheck?

    /// A list, by provider, region, model and day.
    ///
    /// - Parameters:
    ///   - prices: All prices; none where the book cannot be read.
    ///   - check: What a check found.
    package init(_ prices: [Price], check: PriceCheck?) {
        self.prices = prices
        self.check = check
    }

    /// The list for every format.
    ///
    /// - Parameter now: Today, by which prices in force are told.
    /// - Returns: What was found, then the prices of each provider in each region.
    package func document(at now: Date) -> Document {
        var sections = groups.map { group in
            Section(
                title: "\(group.provider) in \(group.region)",
                [.table(table(group.prices, at: now))] + notes(on: group.prices).map(Section.Block.note))
        }
        if let check, !check.findings.isEmpty {
            sections.insert(
                Section(
                    title: "Findings",
                    check.findings.map { .note("\($0.severity.rawValue.uppercased()): \($0.message).") }), at: 0)
        }
        return Document(
            headline: headline, sections: sections, records: records(at: now), value: json(at: now))
    }

    private var headline: String {
        let models = Set(prices.map(\.model)).count
        let list =
            "\(prices.count) \(prices.count == 1 ? "price" : "prices") of \(models) \(models == 1 ? "model" : "models")"
        guard let check else { return list }
        let errors = check.findings.filter { $0.severity == .error }.count
        let warnings = check.findings.count - errors
        if check.findings.isEmpty { return "\(list): nothing to say against them" }
        return (prices.isEmpty ? "The price book cannot be read" : list)
            + ": \(errors) \(errors == 1 ? "error" : "errors"), \(warnings) \(warnings == 1 ? "warning" : "warnings")"
    }

    /// What a price is today.
    private enum State: String {
        case toCome = "to come"
        case ended
        case inForce = "in force"
        case superseded
    }

    private func state(_ price: Price, at now: Date) -> State {
        if price.from > now { return .toCome }
        if let until = price.until, until <= now { return .ended }
        let successor = prices.last { $0.model == price.model && $0.from <= now }
        return successor == price ? .inForce : .superseded
    }

    /// The prices of each provider in each region, in their order.
    private var groups: [(provider: String, region: String, prices: [Price])] {
        prices.reduce(into: []) { groups, price in
            if let last = groups.last, last.provider == price.model.provider, last.region == price.model.region {
                groups[groups.count - 1].prices.append(price)
            } else {
                groups.append((price.model.provider, price.model.region, [price]))
            }
        }
    }

    private func table(_ prices: [Price], at now: Date) -> Table {
        // A column that says the same of all says nothing.
        let allInForce = prices.allSatisfy { state($0, at: now) == .inForce }
        return Table(
            columns: [
                Column("model", "Model", importance: .high), Column("from", "From", importance: .high),
                Column("state", "State", importance: .high, isHiddenWhenEmpty: true),
                Column("input", "In, $/M", isNumeric: true, importance: .high),
                Column("output", "Out, $/M", isNumeric: true, importance: .high),
                Column("cache_read", "Cache read", isNumeric: true, isHiddenWhenEmpty: true),
                Column("cache_write", "Cache write", isNumeric: true, isHiddenWhenEmpty: true),
                Column("read", "Read"),
            ],
            rows: prices.map { price in
                [
                    .text(price.model.model), .text(price.from.day),
                    allInForce ? .none : .text(state(price, at: now).rawValue),
                    .text(Self.perMillion(price.inputNanoUSDPerToken)),
                    .text(Self.perMillion(price.outputNanoUSDPerToken)),
                    price.cacheReadNanoUSDPerToken.map { .text(Self.perMillion($0)) } ?? .none,
                    price.cacheWriteNanoUSDPerToken.map { .text(Self.perMillion($0)) } ?? .none, .text(price.read),
                ]
            })
    }

    /// Source and bound of each price, told once where several share them.
    private func notes(on prices: [Price]) -> [String] {
        var told: [(price: Price, days: [String])] = []
        for price in prices {
            let same = told.firstIndex {
                $0.price.model == price.model && $0.price.source == price.source && $0.price.bound == price.bound
            }
            if let same { told[same].days.append(price.from.day) } else { told.append((price, [price.from.day])) }
        }
        return told.map { price, days in
            "\(price.model.model) from \(days.joined(separator: ", ")). Source: \(price.source). Bound:"
                + " \(price.bound.spelled) tokens, because: \(price.bound.because)"
        }
    }

    /// Nano-dollars a token are thousandths of a dollar a million: 3180 are 3.18.
    private static func perMillion(_ nanoUSDPerToken: Int64) -> String {
        Money(nanoUSD: nanoUSDPerToken).multiplied(by: 1_000_000)?.description ?? "-"
    }

    private func records(at now: Date) -> Table {
        Table(
            columns: [
                Column("provider", "Provider"), Column("region", "Region"), Column("model", "Model"),
                Column("from", "From"), Column("until", "Until"), Column("state", "State"),
                Column("input_nano_usd_per_token", "In", isNumeric: true),
                Column("output_nano_usd_per_token", "Out", isNumeric: true),
                Column("cache_read_nano_usd_per_token", "Cache read", isNumeric: true),
                Column("cache_write_nano_usd_per_token", "Cache write", isNumeric: true),
                Column("tokens_per_byte", "Tokens a byte", isNumeric: true),
                Column("tokens_per_message", "Tokens a message", isNumeric: true),
                Column("fixed_tokens", "Fixed tokens", isNumeric: true), Column("because", "Because"),
                Column("source", "Source"), Column("read", "Read"),
            ],
            rows: prices.map { price in
                [
                    .text(price.model.provider), .text(price.model.region), .text(price.model.model),
                    .instant(price.from), .instant(ifKnown: price.until), .text(state(price, at: now).rawValue),
                    .count(Int(price.inputNanoUSDPerToken)), .count(Int(price.outputNanoUSDPerToken)),
                    .count(ifKnown: price.cacheReadNanoUSDPerToken.map { Int($0) }),
                    .count(ifKnown: price.cacheWriteNanoUSDPerToken.map { Int($0) }),
                    .text(price.bound.perByte), .count(price.bound.tokensPerMessage), .count(price.bound.fixed),
                    .text(price.bound.because), .text(price.source), .text(price.read),
                ]
            })
    }

    private func json(at now: Date) -> PriceListJSON {
        PriceListJSON(
            prices: prices.map { PriceListJSON.Entry($0, state: state($0, at: now).rawValue) },
            findings: check?.findings.map(PriceListJSON.Finding.init))
    }
}

extension TokenBound {
    /// Tokens for each byte of text, as a decimal string.
    var perByte: String { Billionths.spell(nanoTokensPerByte, decimalsMin: 0) }

    /// `1 a byte + 8 a message + 8`.
    var spelled: String { "\(perByte) a byte + \(tokensPerMessage) a message + \(fixed)" }
}

extension Date {
    /// `2024-04-18`, in UTC.
    var day: String { formatted(.iso8601.year().month().day()) }
}
