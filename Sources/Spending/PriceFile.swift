import FoundationEssentials
import StrictYAML

/// Reads price lists.
enum PriceFile {
    /// The prices of one file, each with the place where it stands.
    static func prices(in file: YAMLValue) throws(YAMLProblem) -> [(Price, YAMLValue)] {
        let entries = try file.mapping(keys: ["prices"]).required("prices").list()
        guard !entries.isEmpty else { throw file.problem("`prices` is empty; list at least one price") }
        var prices: [(Price, YAMLValue)] = []
        for entry in entries { prices.append((try price(entry), entry)) }
        return prices
    }

    private static func price(_ value: YAMLValue) throws(YAMLProblem) -> Price {
        let entry = try value.mapping(keys: [
            "provider", "region", "model", "from", "input_nano_usd_per_token", "output_nano_usd_per_token", "bound",
            "source", "read",
        ])
        let from = try entry.required("from")
        guard let start = instant(try from.string()) else {
            throw from.problem("write an instant in UTC such as `2024-04-18T00:00:00Z`")
        }
        let read = try entry.required("read")
        let day = try read.string()
        guard civilDay(day) != nil else { throw read.problem("write a day such as `2026-11-23`") }
        // A dollar a token is far above any price; beyond it, somebody wrote another unit.
        return Price(
            model: ModelID(
                provider: try entry.required("provider").string(), region: try entry.required("region").string(),
                model: try entry.required("model").string()),
            from: start,
            inputNanoUSDPerToken: Int64(
                try entry.required("input_nano_usd_per_token").int(in: 1...1_000_000_000)),
            // Embedding models write no tokens.
            outputNanoUSDPerToken: Int64(
                try entry.required("output_nano_usd_per_token").int(in: 0...1_000_000_000)),
            bound: try bound(entry.required("bound")), source: try entry.required("source").string(), read: day)
    }

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
func yamlFiles(in folder: String, holding kind: String) throws(YAMLProblem) -> [String] {
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
