import Bedrock
import BedrockStandIn
package import Composition
import FunctionKit
import Settings
import SpendingSQLite

/// The model as the emulator plays it, kept from what is not its user's own.
///
/// Whoever runs functions takes whatever waits in their queues: the stand-in would answer other people's questions, and
/// charge the ledger for it that they share. Where a person asks for it by name, it is asked everywhere.
struct EmulatedModel: ModelStandIn {
    let credentials = StandInKeys.credentials

    func check(_ options: PipelineOptions, runsHost: Bool, embedding: EmbeddingModel?) throws(SetupProblem) {
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

    func meet(
        _ note: RealModelNote, in folder: String
    ) async throws -> @Sendable (any LanguageModel) -> any LanguageModel {
        guard try await !note.isThere() else {
            throw SetupProblem(
                "a real model is asked on \(folder), and its stand-in would answer questions and spend money"
                    + " that are meant for it: set SLUICE_BEDROCK_ENDPOINT, name another folder with --data, or add"
                    + " --stand-in")
        }
        return { ModestStandIn(standIn: $0, note: note) }
    }

    func run<Value: Sendable>(
        region: String, models: Set<String>, _ body: (_ endpoint: String) async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Void.self) { group in
            let standIn = StandIn(
                credentials: credentials, region: region, models: models, recordsRequests: false, port: 0)
            group.addTask { try await standIn.run() }
            let value = try await body("http://127.0.0.1:\(try await standIn.boundPort)")
            group.cancelAll()
            return value
        }
    }
}

extension DefaultModel {
    /// The emulator's own; see ``EmulatedModel`` for where it is not asked.
    package static var emulated: DefaultModel { .standIn(EmulatedModel()) }
}
