import Bedrock
import Composition
import FoundationEssentials
import FunctionHost
import FunctionKit
package import HostProcess
package import Ingestion
package import Logging
import Retrieval
import ServiceLifecycle
import Spending

extension Pipeline {
    /// How long a Chroma that is away is waited for: with the look of the start, as long as any server is by a command.
    private static let chromaPatience = Duration.seconds(3)
    /// How long one batch may take, calls to a paid model included.
    private static let batchTime = Duration.seconds(120)

    /// Brings the collection in Chroma up to date with files.
    ///
    /// A graceful shutdown ends it after the batch under way; what was written stays.
    ///
    /// - Parameters:
    ///   - request: What is to be ingested.
    ///   - logger: Gets what the model's client has to say.
    ///   - progress: Told after each batch.
    /// - Returns: What was done, or with a dry run what would be.
    /// - Throws: ``SetupProblem`` where no Chroma is set, `IngestError`, ``IngestRefusal``, `ChromaError`, or
    ///   `LanguageModelError`.
    package func ingest(
        _ request: IngestRequest, logger: Logger, progress: @escaping @Sendable (IngestProgress) -> Void
    ) async throws -> IngestReport {
        guard let access = corpus else {
            throw SetupProblem(
                "the bundled notes take no passages; set SLUICE_CHROMA_URL to ingest into Chroma,"
                    + " or write notes into a folder and name it with --knowledge")
        }
        let name = access.client.configuration.collection
        let drain = host.drain
        let job = IngestJob(client: access.client, embedder: access.embedder) {
            InvocationContext(
                runID: "ingest/\(name)", functionName: CorpusAccess.function, attempt: 1,
                deadline: .now + Self.batchTime, tenant: nil, trace: TraceContext(), logger: logger, drain: drain)
        }
        return try await cancelWhenGracefulShutdown {
            let start = ContinuousClock.now
            // Before files are read: later calls outlive a restart, and a person would hear nothing for so long.
            try await access.client.connect(until: .now + Self.chromaPatience)
            let corpus = try await Corpus(paths: request.paths)
            let losses = corpus.skipped.filter(\.isLoss)
            if request.prunes, !losses.isEmpty { throw IngestError.pruneWithLosses(losses) }
            let plan = try await job.plan(corpus)
            let costMax = try await self.costMax(of: plan, by: access.paidModel)
            if !request.isDryRun {
                if let costMax, costMax > .zero, let model = access.paidModel {
                    guard request.isConfirmed else {
                        throw IngestRefusal.notConfirmed(
                            costMax: costMax, texts: plan.writes.count, model: model.rawValue)
                    }
                    try await checkRoom(for: costMax, model)
                }
                try await job.carryOut(plan, prunes: request.prunes, progress: progress)
            }
            return IngestReport(
                collection: name, corpus: corpus, plan: plan, request: request, costMax: costMax,
                took: .now - start)
        }
    }

    /// The most that the job can cost: all of it is one sum, agreed to before its first call.
    private func costMax(of plan: IngestPlan, by model: EmbeddingModel?) async throws -> Money? {
        guard let model else { return nil }
        let modelID = GovernedEmbeddings.modelID(model, in: paid?.region ?? "")
        guard let instant = try await governor?.ledgerInstant(),
            let price = paid?.prices.price(of: modelID, at: instant)
        else { throw GovernorError.notGoverned(modelID) }
        return try GovernedEmbeddings.costMax(of: plan.writes.map(\.embeddedText), by: model, at: price)
    }

    private func checkRoom(for costMax: Money, _ model: EmbeddingModel) async throws {
        let modelID = GovernedEmbeddings.modelID(model, in: paid?.region ?? "")
        let tightest = try await governor?.tightest(for: modelID, function: CorpusAccess.function)
        guard let tightest else { throw GovernorError.notGoverned(modelID) }
        guard tightest.remaining >= costMax else {
            throw IngestRefusal.noRoom(budget: tightest.budget, remaining: tightest.remaining, costMax: costMax)
        }
    }
}
