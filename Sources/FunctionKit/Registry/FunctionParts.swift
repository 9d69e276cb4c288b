public import Logging

/// What a function is made from.
///
/// Asking is what opens a part: a pipeline whose functions ask for no model reads no prices, keeps no ledger and needs no
/// keys. A part may be handed to the function at once, and works from the function's first invocation on.
public struct FunctionParts {
    /// The function's name in the manifest.
    public let name: String
    /// For what is to be said while the function is made; an invocation has a logger of its own.
    public let logger: Logger
    private let source: any FunctionPartsSource

    /// Makes parts that come from a source.
    package init(name: String, logger: Logger, source: any FunctionPartsSource) {
        self.name = name
        self.logger = logger
        self.source = source
    }

    /// What the manifest says under `parameters`.
    ///
    /// Read strictly: a key that the type does not read is refused, with file and line. Durations are written `250ms`,
    /// `30s`, `5m` or `2h`. `decode(_:in:forKey:)` of a keyed container holds a number to a range.
    ///
    /// - Throws: Where the type cannot be read; let it pass.
    public func parameters<Parameters: Decodable>(_ type: Parameters.Type) throws -> Parameters {
        try source.parameters(type)
    }

    /// The model that the manifest names for the function, under the spending limit.
    ///
    /// - Throws: Where the manifest names none; let it pass.
    public var model: any LanguageModel { get throws { try source.model(largestCall: nil) } }

    /// The model, with the largest call that the function makes: a limit that has no room even for that one stops the
    /// start.
    ///
    /// - Throws: Where the manifest names none; let it pass.
    public func model(largestCall: ModelCallSize) throws -> any LanguageModel {
        try source.model(largestCall: largestCall)
    }

    /// The index: the notes on disk, or the collection that the settings name.
    ///
    /// - Throws: Where there is none; let it pass.
    public var index: any PassageIndex { get throws { try source.index() } }

    /// The process's HTTP client.
    ///
    /// - Throws: Where there is none; let it pass.
    public var web: any WebClient { get throws { try source.web() } }
}

/// The size of a call to a model.
public struct ModelCallSize: Sendable, Hashable {
    /// The bytes in UTF-8 of the whole prompt, template included.
    public var promptBytes: Int
    /// The fewest output tokens that would still be asked for.
    public var outputTokens: Int

    /// Makes a size.
    public init(promptBytes: Int, outputTokens: Int) {
        self.promptBytes = promptBytes
        self.outputTokens = outputTokens
    }
}

/// Where a function's parts come from: a host, or a test.
package protocol FunctionPartsSource {
    /// Reads the parameters.
    func parameters<Parameters: Decodable>(_ type: Parameters.Type) throws -> Parameters
    /// Gives the model.
    func model(largestCall: ModelCallSize?) throws -> any LanguageModel
    /// Gives the index.
    func index() throws -> any PassageIndex
    /// Gives the HTTP client.
    func web() throws -> any WebClient
}
