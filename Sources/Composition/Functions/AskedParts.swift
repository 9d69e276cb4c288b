import FunctionHost
import FunctionKit
import Spending
import StrictYAML

/// What a function's maker has asked for.
struct AskedParts: Sendable {
    /// A model that was asked for.
    struct Model: Sendable {
        let id: ModelID
        let callTimeout: Duration
        /// The largest calls that the function makes, as far as it says so.
        var largestCalls: [ModelCallSize] = []
        let part = LaterPart<any LanguageModel>()
    }

    var model: Model?
    var index: LaterPart<any PassageIndex>?
    var web: LaterPart<any WebClient>?
}

/// Takes note of what a maker asks for, and gives it parts that are opened later.
final class ManifestParts: FunctionPartsSource {
    private let entry: Manifest.Entry
    private(set) var asked = AskedParts()
    private(set) var readsParameters = false

    init(_ entry: Manifest.Entry) { self.entry = entry }

    func parameters<Parameters: Decodable>(_ type: Parameters.Type) throws -> Parameters {
        readsParameters = true
        return try (entry.parameters ?? entry.value.emptyMapping("parameters")).decode(type)
    }

    func model(largestCall: ModelCallSize?) throws -> any LanguageModel {
        guard let named = entry.settings.model else {
            throw entry.value.problem("the key `model` is missing: name provider, region and id")
        }
        var model =
            asked.model
            ?? AskedParts.Model(
                id: ModelID(provider: named.provider, region: named.region, model: named.id),
                callTimeout: named.timeout)
        if let largestCall { model.largestCalls.append(largestCall) }
        asked.model = model
        return model.part
    }

    func index() -> any PassageIndex {
        let part = asked.index ?? LaterPart()
        asked.index = part
        return part
    }

    func web() -> any WebClient {
        let part = asked.web ?? LaterPart()
        asked.web = part
        return part
    }
}
