public import FunctionKit
import LLMConnector
import PIIFilter
import PSQLWorker
import RAGCore

extension FunctionList {
    /// Adds `pii-filter`, `rag-core`, `llm-connector` and `psql-worker`, which answer questions on Indian consumer law.
    ///
    /// A stage of one's own may stand between them: see `functions/*/README.md` for the JSON that they hand each other.
    public mutating func addConsumerRights() {
        notesFolder = "functions/rag-core/knowledge"
        add("pii-filter", rules: .redactsFirst) { _ in PIIFilter() }
        add("rag-core") { parts in
            try RAGCore(index: parts.index, passages: parts.parameters(RAGParameters.self).passages)
        }
        add("llm-connector") { parts in
            let parameters = try parts.parameters(ModelParameters.self)
            return try LLMConnector(model: parts.model(largestCall: parameters.largestCall), parameters: parameters)
        }
        add("psql-worker") { _ in PSQLWorker() }
    }
}
