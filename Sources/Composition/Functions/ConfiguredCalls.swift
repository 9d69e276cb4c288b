import FunctionHost
package import FunctionKit
package import Logging
package import Spending
package import StrictYAML

/// What the functions of a manifest ask of models.
package struct ConfiguredCalls: Sendable {
    /// The models, each with its function.
    package let models: [(function: String, model: ModelID)]
    /// The largest call of each that says so, with the fewest output tokens that it would still ask for.
    package let largest: [PaidCall]

    /// Reads a manifest.
    ///
    /// - Throws: ``YAMLProblem``.
    package init(manifest file: String, functions: FunctionList, logger: Logger) throws(YAMLProblem) {
        self.init(
            try FunctionPlan.plans(Manifest(YAMLValue.load(file: file)), among: functions, logger: logger)
                .flatMap(\.self))
    }

    /// What some functions ask.
    init(_ plans: [FunctionPlan]) {
        models = plans.compactMap { plan in plan.asked.model.map { (function: plan.settings.name, model: $0.id) } }
        largest = plans.flatMap { plan -> [PaidCall] in
            guard let model = plan.asked.model else { return [] }
            return model.largestCalls.map { call in
                PaidCall(
                    id: CallID(questionID: "", function: plan.settings.name, ordinal: 0, digest: ""), model: model.id,
                    tenant: nil, inputBytes: call.promptBytes, outputTokensMax: call.outputTokens)
            }
        }
    }
}
