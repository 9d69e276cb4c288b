import CivilTime
import Documents
package import FoundationEssentials
package import Spending
package import StrictYAML

/// Looks a price book over: ages, ends, and whether what is configured has its price.
package struct PriceCheck: Sendable {
    /// What was found, the worst first.
    package let findings: [PriceFinding]

    /// A price is worth another look after this many days.
    package static let ageMaxDays = 90

    /// Whether calls would be refused.
    package var refusesCalls: Bool { findings.contains { $0.severity == .error } }

    /// A check that ended with a file that cannot be used, as every start of the host would.
    package init(unreadable problem: YAMLProblem) {
        findings = [PriceFinding(.error, .unreadable, problem.description)]
    }

    /// Checks a book.
    ///
    /// Gaps between two prices of a model, overlaps and missing bounds are found as the book is read:
    /// ``init(unreadable:)``.
    ///
    /// - Parameters:
    ///   - book: All prices.
    ///   - models: The models that the manifest configures, each with its function.
    ///   - largestCalls: The largest call of each function; see ``SpendingCheck``.
    ///   - budgets: All budgets.
    ///   - ageMaxDays: From how many days on a price is old.
    ///   - now: Today.
    package init(
        _ book: PriceBook, models: [(function: String, model: ModelID)], largestCalls: [PaidCall] = [],
        budgets: [Budget], ageMaxDays: Int = Self.ageMaxDays, at now: Date
    ) {
        let configuration = SpendingCheck.problems(
            models: models, largestCalls: largestCalls, prices: book, budgets: budgets, at: now
        ).map { PriceFinding(.error, .configuration, $0.description) }
        let configured = Set(models.map(\.model))
        var seen: Set<ModelID> = []
        let dated = book.all.filter { seen.insert($0.model).inserted }.flatMap { first in
            Self.findings(
                book.all.filter { $0.model == first.model }, isConfigured: configured.contains(first.model),
                ageMaxDays: ageMaxDays, at: now)
        }
        let all = configuration + dated
        findings = all.filter { $0.severity == .error } + all.filter { $0.severity == .warning }
    }

    /// What there is to say about the prices of one model, oldest first.
    private static func findings(
        _ prices: [Price], isConfigured: Bool, ageMaxDays: Int, at now: Date
    ) -> [PriceFinding] {
        var findings: [PriceFinding] = []
        // None where the last price that began has ended.
        let current = prices.last { $0.from <= now }.flatMap { price in
            price.until.map { now < $0 } ?? true ? price : nil
        }
        if let last = prices.last, let until = last.until, until > now {
            findings.append(
                PriceFinding(
                    .warning, .ends,
                    "\(last.spelled) has a price until \(until.formatted(.iso8601)) and none after it; add the next, or"
                        + " calls are refused from then on"))
        }
        // A configured model without a price is the configuration's finding already.
        if !isConfigured, current == nil, let model = prices.first {
            findings.append(
                PriceFinding(
                    .warning, .noPrice,
                    "\(model.spelled) has no price today; nothing configured asks it, and a call would be refused"))
        }
        // What is superseded or ended need not be read again.
        for price in prices where price.from > now || price == current {
            guard let read = instant("\(price.read)T00:00:00Z") else { continue }
            let days = Int((now.timeIntervalSince(read) / 86_400).rounded(.down))
            if days < 0 {
                findings.append(
                    PriceFinding(
                        .warning, .readInFuture,
                        "\(price.spelled) was read on \(price.read), which has not come; correct `read`"))
            } else if days > ageMaxDays {
                findings.append(
                    PriceFinding(
                        .warning, .old,
                        "\(price.spelled) was read \(days) days ago, on \(price.read); read its source again, and write"
                            + " the day to `read` (after \(ageMaxDays.counted("day")) it is old)"))
            }
        }
        return findings
    }
}

extension Price {
    fileprivate var spelled: String { "\(model.model) of \(model.provider) in \(model.region)" }
}
