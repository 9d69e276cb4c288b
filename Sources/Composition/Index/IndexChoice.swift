import Bedrock
import FunctionKit
import HTTPTransport
import Logging
import Retrieval
import Settings

/// The index that the settings name: the one place that knows which there are.
enum IndexChoice: Sendable {
    /// The bundled notes, in memory.
    case embedded(EmbeddedIndex)
    /// A collection in Chroma.
    case chroma(ChromaSettings, EmbedderChoice)

    /// How long Chroma may take to say its version at the start.
    private static let startTime = Duration.seconds(2)

    /// Reads and checks what there is to read; calls nobody.
    ///
    /// - Throws: ``SetupProblem`` for an embedder that is not known, or what is wrong with the notes.
    init(_ settings: Settings, knowledgeFolder: () throws -> String) async throws {
        if let chroma = settings.chroma {
            self = .chroma(chroma, try EmbedderChoice(chroma.embedder))
        } else {
            self = .embedded(try await EmbeddedIndex(passages: KnowledgeFolder.load(knowledgeFolder())))
        }
    }

    /// The model that is paid for vectors; nil where none is.
    var paidModel: EmbeddingModel? {
        if case .chroma(_, .bedrock(let model)) = self { model } else { nil }
    }

    /// Opens the index, and what fills it.
    ///
    /// A Chroma that is away, or holds nothing yet, is no reason not to start: questions wait for it.
    ///
    /// - Parameters:
    ///   - http: Reaches Chroma; the caller shuts it down.
    ///   - models: Make the model that is paid for vectors; nil where none is.
    ///   - patience: How long a person waits in all; nil where nobody does.
    ///   - logger: Told where Chroma cannot be used yet.
    /// - Returns: The index, and what fills it where that can be done.
    /// - Throws: ``SetupProblem`` where Chroma says what only a person can mend: another version, embedder or token.
    func open(
        http: HTTPClient, models: PaidModels?, patience: Patience?, logger: Logger
    ) async throws -> (index: any ExplainingIndex, corpus: CorpusAccess?) {
        switch self {
        case .embedded(let index): return (index, nil)
        case .chroma(let settings, let choice):
            let client = ChromaClient(ChromaConfiguration(settings), http: http)
            let embedder = try choice.embedder(models)
            let index = ChromaIndex(client: client, embedder: embedder)
            do {
                // Most of a short wait is the question's.
                try await client.connect(until: .now + min(Self.startTime, (patience?.left ?? .seconds(60)) / 4))
                try await index.check()
            } catch let error as ChromaError {
                if case .noCollection = error {} else if !error.isTransient { throw SetupProblem(error.description) }
                logger.warning("questions wait for the index", metadata: ["error": "\(error)"])
            }
            return (index, CorpusAccess(client: client, embedder: embedder, paidModel: paidModel))
        }
    }
}

extension ChromaConfiguration {
    /// What the settings say.
    init(_ settings: ChromaSettings) {
        self.init(
            url: settings.url, tenant: settings.tenant, database: settings.database, collection: settings.collection,
            token: settings.token?.text)
    }
}
