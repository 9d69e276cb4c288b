import Spending
package import StrictYAML

/// What infrastructure costs in each region that somebody has read the rates of.
package struct RateBook: Sendable {
    /// The rates of each region, by its name; what is not there has no source.
    package let regions: [String: [RateName: Rate]]

    /// Makes a book.
    package init(regions: [String: [RateName: Rate]]) { self.regions = regions }

    /// Reads all `*.yaml` files of a folder, such as `budgets/rates`.
    ///
    /// - Throws: ``YAMLProblem`` with file and line where a file is no list of rates, a region stands in two files, or the
    ///   folder holds no file.
    package static func load(folder: String) throws(YAMLProblem) -> RateBook {
        var regions: [String: [RateName: Rate]] = [:]
        for file in try yamlFiles(in: folder, holding: "rate list") {
            let value = try YAMLValue.load(file: file)
            let (region, rates) = try RateFile.rates(in: value)
            guard regions.updateValue(rates, forKey: region) == nil else {
                throw value.problem("another file has the rates of `\(region)`; keep them in one")
            }
        }
        return RateBook(regions: regions)
    }

    /// The rates of a region.
    ///
    /// - Throws: ``EstimateProblem/unknownRegion(_:nearest:known:)``.
    package func rates(of region: String) throws(EstimateProblem) -> [RateName: Rate] {
        if let rates = regions[region] { return rates }
        let known = regions.keys.sorted()
        throw .unknownRegion(region, nearest: nearest(to: region, among: known), known: known)
    }
}
