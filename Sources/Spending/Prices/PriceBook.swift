package import FoundationEssentials
package import StrictYAML

/// All known prices, dated and sourced.
package struct PriceBook: Sendable {
    /// The prices of each model, oldest first.
    private let prices: [ModelID: [Price]]

    /// Makes a book.
    ///
    /// Of two prices of one model with the same ``Price/from``, the later in the list is in force.
    package init(_ prices: [Price]) {
        self.prices = Dictionary(grouping: prices, by: \.model).mapValues { prices in
            prices.enumerated().sorted { ($0.element.from, $0.offset) < ($1.element.from, $1.offset) }.map(\.element)
        }
    }

    /// Reads all `*.yaml` files of a folder, such as `budgets/prices`.
    ///
    /// - Throws: ``YAMLProblem`` with file and line where a file is not a price list, two prices of one model begin at
    ///   the same instant, a price does not end just where the model's next begins, or the folder holds no file.
    package static func load(folder: String) throws(YAMLProblem) -> PriceBook {
        var entries: [PriceFile.Entry] = []
        var seen: [ModelID: Set<Date>] = [:]
        for file in try yamlFiles(in: folder, holding: "price list") {
            for entry in try PriceFile.entries(in: YAMLValue.load(file: file)) {
                let price = entry.price
                guard seen[price.model, default: []].insert(price.from).inserted else {
                    throw entry.place.problem(
                        "`\(price.model.model)` in \(price.model.region) has another price from the same instant;"
                            + " keep one, or give the newer one its own `from`")
                }
                entries.append(entry)
            }
        }
        // Model by model in the order of the files, so that the same folder gives the same complaint.
        for model in entries.map(\.price.model) where seen.removeValue(forKey: model) != nil {
            try PriceFile.checkDates(
                entries.filter { $0.price.model == model }.sorted { $0.price.from < $1.price.from })
        }
        return PriceBook(entries.map(\.price))
    }

    /// All prices: by provider, region and model, oldest first.
    package var all: [Price] {
        prices.values.flatMap { $0 }.sorted {
            ($0.model.provider, $0.model.region, $0.model.model, $0.from)
                < ($1.model.provider, $1.model.region, $1.model.model, $1.from)
        }
    }

    /// The price in force at an instant; nil where there is none yet, or none any more.
    package func price(of model: ModelID, at instant: Date) -> Price? {
        prices[model]?.last { $0.from <= instant }.flatMap { price in
            price.until.map { instant < $0 } ?? true ? price : nil
        }
    }
}
