import FunctionHost
import LLMConnector
package import Spending
package import StrictYAML

/// What the functions of a manifest ask of models.
package struct ConfiguredCalls: Sendable {
    /// The models, each with its function.
    package let models: [(function: String, model: ModelID)]
    /// The largest call of each, with the fewest output tokens that it would still ask for.
    package let largest: [PaidCall]

    /// Reads a manifest.
    ///
    /// - Throws: ``YAMLProblem``.
    package init(manifest file: String) throws(YAMLProblem) {
        self.init(try FunctionPlan.plans(Manifest(YAMLValue.load(file: file))))
    }

    /// What some functions ask.
    init(_ plans: [FunctionPlan]) {
        models = plans.compactMap { plan in
            plan.settings.model.map {
                (
                    function: plan.settings.name,
                    model: ModelID(provider: $0.provider, region: $0.region, model: $0.id)
                )
            }
        }
        largest = zip(models, plans.filter { $0.settings.model != nil }).compactMap { configured, plan in
            guard case .llmConnector(let parameters) = plan.kind else { return nil }
            return PaidCall(
                id: CallID(questionID: "", function: configured.function, ordinal: 0, digest: ""),
                model: configured.model, tenant: nil, inputBytes: parameters.promptBytesMax,
                outputTokensMax: parameters.minTokens)
        }
    }
}
