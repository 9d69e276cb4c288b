import FunctionKit
import SpendingSQLite

/// The stand-in, on data on which a real model may come to be asked.
struct ModestStandIn: LanguageModel {
    let standIn: any LanguageModel
    let note: RealModelNote

    func generate(
        _ request: ModelRequest, context: InvocationContext
    ) async throws(LanguageModelError) -> ModelReply {
        // What cannot be read, the ledger tells of.
        if (try? await note.isThere()) == true {
            throw .hostTrouble(HostTrouble(.standIn, code: "model-stand-in-refused"))
        }
        return try await standIn.generate(request, context: context)
    }
}
