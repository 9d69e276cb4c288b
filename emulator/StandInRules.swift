import Bedrock
import FunctionKit
import Settings
import SpendingSQLite

/// Keeps the model's stand-in from what is not its user's own.
///
/// Whoever runs functions takes whatever waits in their queues: the stand-in would answer other people's questions, and
/// charge the ledger for it that they share. Where a person asks for it by name, it is asked everywhere.
enum StandInRules {
    /// Refuses servers that others may use.
    ///
    /// - Parameters:
    ///   - options: What the pipeline is made from.
    ///   - runsHost: Whether functions take what waits in their queues.
    ///   - embedding: The model whose vectors the stand-in would make; nil for none.
    /// - Throws: ``SetupProblem``.
    static func check(_ options: PipelineOptions, runsHost: Bool, embedding: EmbeddingModel?) throws(SetupProblem) {
        guard !options.asksStandIn, !options.isEphemeral else { return }
        let settings = options.settings
        var shared: [String] = []
        if runsHost, settings.brokerURL != nil { shared.append("SLUICE_BROKER_URL") }
        if settings.databaseURL != nil { shared.append("DATABASE_URL") }
        // A collection keeps its embedder: begun with the stand-in's vectors, it takes no others.
        if embedding != nil { shared.append("SLUICE_CHROMA_URL") }
        guard !shared.isEmpty else { return }
        let (names, verb) = (shared.joined(separator: " and "), shared.count == 1 ? "is" : "are")
        throw SetupProblem(
            "SLUICE_BEDROCK_ENDPOINT is not set, and the model's stand-in answers no questions and spends no money of"
                + " others, for which \(names) \(verb) there: set it to ask the real model, unset \(names), or add"
                + " --stand-in if nobody else's are there")
    }

    /// Takes note of a real model in what is embedded, and refuses the stand-in where there is such a note.
    ///
    /// - Returns: The note, to be looked at before each of the stand-in's calls: a real model may come later. Nil where the
    ///   stand-in is not asked, or is for whatever is there.
    /// - Throws: ``SetupProblem``, or what the file's opening throws.
    static func meet(_ options: PipelineOptions, _ plan: PaidParts.Plan, _ file: DataFile, runsHost: Bool) async throws
        -> RealModelNote?
    {
        let isFileUsed = options.settings.databaseURL == nil || (runsHost && options.settings.brokerURL == nil)
        guard isFileUsed, !options.isEphemeral else { return nil }
        let note = RealModelNote(store: try file.store())
        guard plan.endpoint == nil else {
            try await note.write()
            return nil
        }
        guard !options.asksStandIn else { return nil }
        guard try await !note.isThere() else {
            throw SetupProblem(
                "a real model is asked on \(options.dataFolder), and its stand-in would answer questions and spend money"
                    + " that are meant for it: set SLUICE_BEDROCK_ENDPOINT, name another folder with --data, or add"
                    + " --stand-in")
        }
        return note
    }
}

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
