import CivilTime
import FoundationEssentials
package import StrictYAML

/// Reads price lists.
enum PriceFile {
    /// A price, and the place where it stands.
    struct Entry {
        var price: Price
        var place: YAMLValue
    }

    /// The prices of one file.
    static func entries(in file: YAMLValue) throws(YAMLProblem) -> [Entry] {
        let places = try file.mapping(keys: ["prices"]).required("prices").list()
        guard !places.isEmpty else { throw file.problem("`prices` is empty; list at least one price") }
        var entries: [Entry] = []
        for place in places { entries.append(Entry(price: try price(place), place: place)) }
        return entries
    }

    /// Checks the dates of all prices of one model, oldest first.
    ///
    /// - Throws: ``YAMLProblem`` for the first price that ends before it begins, or not just where the next begins.
    static func checkDates(_ entries: [Entry]) throws(YAMLProblem) {
        for (index, entry) in entries.enumerated() {
            guard let until = entry.price.until, let place = try entry.place.mapping().optional("until") else {
                continue
            }
            let advice = "or leave `until` out where the price stays in force"
            guard until > entry.price.from else {
                throw place.problem(
                    "the price ends before it is in force; write an instant after its `from`, \(advice)")
            }
            guard index + 1 < entries.count else { return }
            let next = entries[index + 1].price.from
            guard until != next else { continue }
            let start = next.formatted(.iso8601)
            throw place.problem(
                (until > next
                    ? "the next price of `\(entry.price.model.model)` is in force before this one ends"
                    : "no price of `\(entry.price.model.model)` is in force from then until the next")
                    + "; write `\(start)`, at which the next begins, or leave `until` out")
        }
    }

    private static func price(_ value: YAMLValue) throws(YAMLProblem) -> Price {
        let entry = try value.mapping(keys: [
            "provider", "region", "model", "from", "until", "input_nano_usd_per_token", "output_nano_usd_per_token",
            "cache_read_nano_usd_per_token", "cache_write_nano_usd_per_token", "bound", "window_tokens", "source",
            "read",
        ])
        let read = try entry.required("read")
        let day = try read.string()
        guard CivilDay(day) != nil else { throw read.problem("write a day such as `2026-11-23`") }
        return Price(
            model: ModelID(
                provider: try entry.required("provider").string(), region: try entry.required("region").string(),
                model: try entry.required("model").string()),
            from: try date(entry.required("from")), until: try entry.optional("until").map(date),
            inputNanoUSDPerToken: try rate(entry.required("input_nano_usd_per_token"), min: 1),
            // Embedding models write no tokens.
            outputNanoUSDPerToken: try rate(entry.required("output_nano_usd_per_token"), min: 0),
            cacheReadNanoUSDPerToken: try entry.optional("cache_read_nano_usd_per_token").map(cacheRate),
            cacheWriteNanoUSDPerToken: try entry.optional("cache_write_nano_usd_per_token").map(cacheRate),
            bound: try bound(entry.required("bound")),
            windowTokens: try entry.optional("window_tokens").map { value throws(YAMLProblem) in
                try value.int(in: 1...TokenLimits.tokensMax)
            }, source: try entry.required("source").string(), read: day)
    }

    private static func date(_ value: YAMLValue) throws(YAMLProblem) -> Date {
        guard let date = instant(try value.string()) else {
            throw value.problem("write an instant such as `2024-04-18T00:00:00Z`")
        }
        return date
    }

    private static func rate(_ value: YAMLValue, min: Int) throws(YAMLProblem) -> Int64 {
        // A dollar a token is far above any price; beyond it, somebody wrote another unit.
        Int64(try value.int(in: min...1_000_000_000))
    }

    /// Some services write to their caches for nothing.
    private static func cacheRate(_ value: YAMLValue) throws(YAMLProblem) -> Int64 { try rate(value, min: 0) }

    private static func bound(_ value: YAMLValue) throws(YAMLProblem) -> TokenBound {
        let entry = try value.mapping(keys: ["tokens_per_byte", "tokens_per_message", "fixed", "because"])
        let perByte = try entry.required("tokens_per_byte")
        guard let nano = Billionths.parse(try perByte.string(), allowsNegative: false),
            (1...1000 * Billionths.one).contains(nano)
        else { throw perByte.problem("write a number above 0 and up to 1000, with at most nine decimals") }
        return TokenBound(
            nanoTokensPerByte: nano,
            tokensPerMessage: try entry.required("tokens_per_message").int(in: 0...1_000_000),
            fixed: try entry.required("fixed").int(in: 0...1_000_000),
            because: try entry.required("because").string())
    }
}

/// The YAML files that lie in a folder itself, by name.
///
/// - Parameters:
///   - folder: The folder, as the person named it.
///   - kind: What to call a file's content in a complaint.
/// - Returns: Their paths.
/// - Throws: ``YAMLProblem`` where the folder cannot be read or holds none.
package func yamlFiles(in folder: String, holding kind: String) throws(YAMLProblem) -> [String] {
    let names: [String]
    do {
        names = try FileManager.default.contentsOfDirectory(atPath: folder)
    } catch {
        throw YAMLProblem(file: folder, line: nil, message: "the folder cannot be read")
    }
    if let name = names.sorted().first(where: { $0.hasSuffix(".yml") }) {
        throw YAMLProblem(file: "\(folder)/\(name)", line: nil, message: "rename the file to end in .yaml")
    }
    let files = names.filter { $0.hasSuffix(".yaml") && !$0.hasPrefix(".") }.sorted()
    guard !files.isEmpty else {
        throw YAMLProblem(
            file: folder, line: nil, message: "the folder holds no \(kind); add a file that ends in .yaml")
    }
    return files.map { "\(folder)/\($0)" }
}
