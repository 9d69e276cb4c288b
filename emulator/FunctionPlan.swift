import FunctionHost
import LLMConnector
import StrictYAML

/// One of the functions that this program has, with what the manifest makes it with: checked, and nothing made yet.
struct FunctionPlan: Sendable {
    /// Which function, and its own parameters.
    enum Kind: Sendable {
        case piiFilter
        case ragCore(passages: Int)
        case llmConnector(ModelParameters)
        case psqlWorker
    }

    let settings: FunctionSettings
    let kind: Kind

    /// The one that searches the index.
    static let searching = "rag-core"

    /// The names that a manifest may use.
    private static let names = ["pii-filter", searching, "llm-connector", "psql-worker"]

    /// Reads an entry of the manifest.
    ///
    /// - Throws: ``YAMLProblem`` for a name that is not here, and for parameters that the function does not take.
    init(_ entry: Manifest.Entry) throws(YAMLProblem) {
        settings = entry.settings
        if entry.settings.model != nil, entry.settings.name != "llm-connector" {
            throw entry.value.problem("`\(entry.settings.name)` asks no model; leave `model` out")
        }
        switch entry.settings.name {
        case "pii-filter":
            try Self.refuseParameters(of: entry)
            guard entry.settings.redacts else {
                throw entry.value.problem(
                    "`pii-filter` must come first, with `redacts: true`; otherwise questions are stored as they were asked"
                )
            }
            kind = .piiFilter
        case Self.searching:
            let keys = try entry.parameters?.mapping(keys: ["passages"])
            kind = .ragCore(passages: try keys?.optional("passages")?.int(in: 1...20) ?? 4)
        case "llm-connector":
            guard entry.settings.model != nil else {
                throw entry.value.problem("the key `model` is missing: name provider, region and id")
            }
            kind = .llmConnector(try Self.modelParameters(entry.parameters))
        case "psql-worker":
            try Self.refuseParameters(of: entry)
            guard entry.settings.next == nil else {
                throw entry.value.problem("`psql-worker` ends a question; it has no `next`")
            }
            kind = .psqlWorker
        default:
            let hint = nearest(to: entry.settings.name, among: Self.names).map { "did you mean `\($0)`?" }
            throw entry.value.problem(
                "there is no such function in this program; "
                    + (hint ?? "there are \(Self.names.map { "`\($0)`" }.joined(separator: ", "))"))
        }
    }

    /// The plans of a whole pipeline.
    ///
    /// - Throws: As ``init(_:)``, and where the last function gives a question no final state.
    static func plans(_ manifest: Manifest) throws(YAMLProblem) -> [FunctionPlan] {
        var plans: [FunctionPlan] = []
        for entry in manifest.entries { plans.append(try FunctionPlan(entry)) }
        if let last = manifest.entries.last, last.settings.name != "psql-worker" {
            throw last.value.problem(
                "`\(last.settings.name)` leads nowhere, so that no question would ever be answered;"
                    + " write `next: psql-worker`")
        }
        return plans
    }

    private static func modelParameters(_ value: YAMLValue?) throws(YAMLProblem) -> ModelParameters {
        var parameters = ModelParameters()
        guard let keys = try value?.mapping(keys: ["max_tokens", "min_tokens", "temperature", "top_p"]) else {
            return parameters
        }
        if let value = keys.optional("max_tokens") {
            parameters.maxTokens = try value.int(in: 16...2048)
            // Llama 3's window holds 8,192 tokens, prompt and answer together, and a byte is at most a token.
            parameters.promptBytesMax = min(parameters.promptBytesMax, 8192 - 64 - parameters.maxTokens)
        }
        parameters.minTokens = min(parameters.minTokens, parameters.maxTokens)
        if let value = keys.optional("min_tokens") {
            parameters.minTokens = try value.int(in: 16...parameters.maxTokens)
        }
        if let value = keys.optional("temperature") { parameters.temperature = try value.double(in: 0...1) }
        if let value = keys.optional("top_p") { parameters.topP = try value.double(in: 0...1) }
        return parameters
    }

    private static func refuseParameters(of entry: Manifest.Entry) throws(YAMLProblem) {
        guard let parameters = entry.parameters else { return }
        throw parameters.problem("`\(entry.settings.name)` takes no parameters; leave them out")
    }
}
