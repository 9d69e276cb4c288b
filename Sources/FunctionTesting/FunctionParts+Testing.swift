import FoundationEssentials
public import FunctionKit
public import Logging

extension FunctionParts {
    /// Parts for the test of what makes a function.
    ///
    /// ```swift
    /// let parts = FunctionParts.testing(parameters: #"{"passages": 2}"#, index: InMemoryPassageIndex([]))
    /// ```
    ///
    /// - Parameters:
    ///   - name: The function's name in the manifest.
    ///   - parameters: What the manifest would say, as JSON.
    ///   - model: The model; asking for one that is not given throws.
    ///   - index: The index, likewise.
    ///   - web: The HTTP client, likewise.
    ///   - logger: Where log lines go; nowhere by default.
    /// - Returns: Parts that are open.
    public static func testing(
        name: String = "function", parameters: String = "{}", model: (any LanguageModel)? = nil,
        index: (any PassageIndex)? = nil, web: (any WebClient)? = nil,
        logger: Logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    ) -> FunctionParts {
        FunctionParts(
            name: name, logger: logger,
            source: GivenParts(
                json: parameters, givenModel: model, givenIndex: index, givenWeb: web))
    }
}

/// A part that a test did not give.
private struct PartNotGiven: Error, CustomStringConvertible {
    let part: String

    var description: String { "the function asks for its \(part); give the test's parts one" }
}

/// The parts that a test gives.
private struct GivenParts: FunctionPartsSource {
    let json: String
    let givenModel: (any LanguageModel)?
    let givenIndex: (any PassageIndex)?
    let givenWeb: (any WebClient)?

    func parameters<Parameters: Decodable>(_ type: Parameters.Type) throws -> Parameters {
        try JSONDecoder().decode(type, from: Data(json.utf8))
    }

    func model(largestCall: ModelCallSize?) throws -> any LanguageModel {
        guard let givenModel else { throw PartNotGiven(part: "model") }
        return givenModel
    }

    func index() throws -> any PassageIndex {
        guard let givenIndex else { throw PartNotGiven(part: "index") }
        return givenIndex
    }

    func web() throws -> any WebClient {
        guard let givenWeb else { throw PartNotGiven(part: "HTTP client") }
        return givenWeb
    }
}
