import FunctionKit
import LLMConnector
import PIIFilter
import PSQLWorker
import RAGCore

extension FunctionList {
    /// The functions that answer consumer-rights questions.
    static let bundled = FunctionList { functions in
        functions.add("pii-filter", rules: .redactsFirst) { _ in PIIFilter() }
        functions.add("rag-core") { parts in
            try RAGCore(index: parts.index, passages: parts.parameters(RAGParameters.self).passages)
        }
        functions.add("llm-connector") { parts in
            let parameters = try parts.parameters(ModelParameters.self)
            return try LLMConnector(model: parts.model(largestCall: parameters.largestCall), parameters: parameters)
        }
        functions.add("psql-worker", rules: .endsRun) { parts in try PSQLWorker(history: parts.history) }
    }
}
