import FunctionHost
import FunctionKit
import LLMConnector
import PIIFilter
import PSQLWorker
import RAGCore
import StrictYAML

/// The functions that this program has, made as the manifest wants them.
struct FunctionCatalogue {
    let index: any PassageIndex
    let model: any LanguageModel
    let history: any History

    /// The names that a manifest may use.
    static let names = ["pii-filter", "rag-core", "llm-connector", "psql-worker"]

    /// Makes one function.
    ///
    /// - Throws: ``YAMLProblem`` for a name that is not here, and for parameters that the function does not take.
    func make(_ entry: Manifest.Entry) throws(YAMLProblem) -> RegisteredFunction {
        RegisteredFunction(settings: entry.settings, function: try function(entry))
    }

    private func function(_ entry: Manifest.Entry) throws(YAMLProblem) -> AnyFunction {
        switch entry.settings.name {
        case "pii-filter":
            try refuse(entry.parameters, of: entry)
            return AnyFunction(PIIFilter())
        case "rag-core":
            let keys = try entry.parameters?.mapping(keys: ["passages"])
            return AnyFunction(RAGCore(index: index, passages: try keys?.optional("passages")?.int(in: 1...20) ?? 4))
        case "llm-connector":
            guard entry.settings.model != nil else {
                throw entry.value.problem("the key `model` is missing: name provider, region and id")
            }
            return AnyFunction(LLMConnector(model: model, parameters: try modelParameters(entry.parameters)))
        case "psql-worker":
            try refuse(entry.parameters, of: entry)
            return AnyFunction(PSQLWorker(history: history))
        default:
            let hint = nearest(to: entry.settings.name, among: Self.names).map { "did you mean `\($0)`?" }
            throw entry.value.problem(
                "there is no such function in this program; "
                    + (hint ?? "there are \(Self.names.map { "`\($0)`" }.joined(separator: ", "))"))
        }
    }

    private func modelParameters(_ value: YAMLValue?) throws(YAMLProblem) -> ModelParameters {
        var parameters = ModelParameters()
        guard let keys = try value?.mapping(keys: ["max_tokens", "temperature", "top_p"]) else { return parameters }
        if let value = keys.optional("max_tokens") {
            parameters.maxTokens = try value.int(in: 16...2048)
            // Llama 3's window holds 8,192 tokens, prompt and answer together, and a byte is at most a token.
            parameters.promptBytesMax = min(parameters.promptBytesMax, 8192 - 64 - parameters.maxTokens)
        }
        if let value = keys.optional("temperature") { parameters.temperature = try value.double(in: 0...1) }
        if let value = keys.optional("top_p") { parameters.topP = try value.double(in: 0...1) }
        return parameters
    }

    private func refuse(_ parameters: YAMLValue?, of entry: Manifest.Entry) throws(YAMLProblem) {
        if let parameters { throw parameters.problem("`\(entry.settings.name)` takes no parameters; leave them out") }
    }
}
