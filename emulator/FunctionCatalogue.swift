import FunctionHost
import FunctionKit
import LLMConnector
import PIIFilter
import PSQLWorker
import RAGCore

/// Makes the functions of a plan with what they need.
struct FunctionCatalogue {
    let index: any PassageIndex
    let model: any LanguageModel
    let history: any History

    /// Makes one function.
    func make(_ plan: FunctionPlan) -> RegisteredFunction {
        RegisteredFunction(settings: plan.settings, function: function(plan.kind))
    }

    private func function(_ kind: FunctionPlan.Kind) -> AnyFunction {
        switch kind {
        case .piiFilter: AnyFunction(PIIFilter())
        case .ragCore(let passages): AnyFunction(RAGCore(index: index, passages: passages))
        case .llmConnector(let parameters): AnyFunction(LLMConnector(model: model, parameters: parameters))
        case .psqlWorker: AnyFunction(PSQLWorker(history: history))
        }
    }
}
