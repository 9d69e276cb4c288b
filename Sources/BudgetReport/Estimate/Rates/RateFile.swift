import CivilTime
import Spending
import StrictYAML

/// Reads the rates of one region.
enum RateFile {
    /// The region of a file, and its rates.
    ///
    /// - Throws: ``YAMLProblem`` with file and line.
    static func rates(in file: YAMLValue) throws(YAMLProblem) -> (region: String, rates: [RateName: Rate]) {
        let keys = try file.mapping(keys: ["region", "rates"])
        let places = try keys.required("rates").list()
        guard !places.isEmpty else { throw file.problem("`rates` is empty; list at least one rate") }
        var rates: [RateName: Rate] = [:]
        for place in places {
            let entry = try place.mapping(keys: ["name", "usd", "free", "as_of", "source", "read"])
            let name = try name(entry.required("name"))
            guard rates[name] == nil else { throw place.problem("`\(name.rawValue)` stands twice; keep one") }
            _ = try day(entry.required("read"))
            rates[name] = Rate(
                perUnit: try dollars(entry.required("usd")), free: try entry.optional("free").map(free) ?? .zero,
                asOf: try day(entry.required("as_of")), source: try entry.required("source").string())
        }
        return (try keys.required("region").string(), rates)
    }

    private static func name(_ value: YAMLValue) throws(YAMLProblem) -> RateName {
        let text = try value.string()
        if let name = RateName(rawValue: text) { return name }
        let known = RateName.allCases.map(\.rawValue)
        throw value.problem(
            "there is no rate `\(text)`; "
                + (nearest(to: text, among: known).map { "did you mean `\($0)`?" }
                    ?? "the rates are \(known.map { "`\($0)`" }.joined(separator: ", "))"))
    }

    private static func dollars(_ value: YAMLValue) throws(YAMLProblem) -> Money {
        guard let rate = Money(try value.string()), rate > .zero else {
            throw value.problem(
                "write US dollars above zero as a decimal string with at most nine decimals, such as \"0.04256\"")
        }
        return rate
    }

    private static func free(_ value: YAMLValue) throws(YAMLProblem) -> Quantity {
        guard let quantity = Quantity(try value.string()) else {
            throw value.problem("write how much is free each month, such as \"100\"")
        }
        return quantity
    }

    private static func day(_ value: YAMLValue) throws(YAMLProblem) -> String {
        let text = try value.string()
        guard instant("\(text)T00:00:00Z") != nil else { throw value.problem("write a day such as `2026-11-23`") }
        return text
    }
}
