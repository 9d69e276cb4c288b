package import FunctionKit
package import Spending

/// An embedding model on Bedrock behind the governor.
package struct GovernedEmbeddings: Sendable {
    /// How many calls go out at once where a call takes one text.
    private static let callsMax = 8
    /// How often a text may be paid for again whose stored vector has been deleted since, or whose calls were in vain.
    private static let purchasesMax = 16
    /// How long a call waits for the very same one between two looks.
    private static let pause = Duration.milliseconds(200)

    /// What is asked.
    package let model: EmbeddingModel
    private let region: String
    private let calls: GovernedCalls

    /// Makes a model.
    ///
    /// - Parameters:
    ///   - governor: Keeps the budgets.
    ///   - client: Makes the calls.
    ///   - model: What is asked.
    ///   - region: Where.
    ///   - callTimeout: The longest that one call may take.
    package init(
        governor: CostGovernor, client: BedrockModel, model: EmbeddingModel, region: String, callTimeout: Duration
    ) {
        self.model = model
        self.region = region
        calls = GovernedCalls(governor: governor, client: client, callTimeout: callTimeout)
    }

    /// What the budgets know the model as.
    package var modelID: ModelID { Self.modelID(model, in: region) }

    /// What the budgets know a model as.
    package static func modelID(_ model: EmbeddingModel, in region: String) -> ModelID {
        ModelID(provider: "bedrock", region: region, model: model.rawValue)
    }

    /// The vectors of some texts, in order.
    ///
    /// Each call is named by the question of the context and by its texts: the same texts again, also after a crash, get
    /// the stored vectors and are not paid again as long as those are kept.
    ///
    /// - Throws: `LanguageModelError`. Vectors that were paid for are stored, so that little is lost.
    package func vectors(
        of texts: [String], for use: EmbeddingUse, context: InvocationContext
    ) async throws(LanguageModelError) -> [[Float]] {
        let batches = stride(from: 0, to: texts.count, by: model.textsMax).map {
            Array(texts[$0..<min($0 + model.textsMax, texts.count)])
        }
        var vectors: [[[Float]]] = []
        for start in stride(from: 0, to: batches.count, by: Self.callsMax) {
            let wave = batches[start..<min(start + Self.callsMax, batches.count)]
            vectors += try await self.vectors(of: wave, for: use, context)
        }
        return vectors.flatMap { $0 }
    }

    /// The vectors of some calls' texts, made at once.
    private func vectors(
        of batches: ArraySlice<[String]>, for use: EmbeddingUse, _ context: InvocationContext
    ) async throws(LanguageModelError) -> [[[Float]]] {
        let results = await withTaskGroup(of: (Int, Result<[[Float]], LanguageModelError>).self) { group in
            for (index, batch) in batches.enumerated() {
                group.addTask {
                    do throws(LanguageModelError) {
                        return (index, .success(try await call(batch, for: use, context)))
                    } catch {
                        return (index, .failure(error))
                    }
                }
            }
            // All of them, also after a failure: what is under way is paid for.
            var results: [(index: Int, result: Result<[[Float]], LanguageModelError>)] = []
            for await (index, result) in group { results.append((index, result)) }
            return results.sorted { $0.index < $1.index }
        }
        var vectors: [[[Float]]] = []
        for (_, result) in results {
            switch result {
            case .success(let some): vectors.append(some)
            case .failure(let error): throw error
            }
        }
        return vectors
    }

    private func call(
        _ texts: [String], for use: EmbeddingUse, _ context: InvocationContext
    ) async throws(LanguageModelError) -> [[Float]] {
        let vectors =
            switch model {
            case .titanV2: try await answer(to: TitanEmbeddingRequest(inputText: texts[0]), for: use, context).vectors
            case .cohereEnglish, .cohereMultilingual:
                try await answer(to: CohereEmbeddingRequest(texts: texts, use: use), for: use, context).vectors
            }
        guard vectors.count == texts.count, vectors.allSatisfy({ $0.count == model.dimension }) else {
            throw .unreadableAnswer
        }
        return vectors
    }

    private func answer<Body: ModelBody>(
        to body: Body, for use: EmbeddingUse, _ context: InvocationContext
    ) async throws(LanguageModelError) -> Body.Answer {
        // Other than an answer to a question, a vector that is gone is bought again: it is what it was.
        var ordinal = 0
        while ordinal < Self.purchasesMax {
            guard let prepared = PreparedCall(body, outputTokensMin: 0, ordinal: ordinal, context: context) else {
                throw .rejected(code: "request-not-encodable")
            }
            do throws(LanguageModelError) {
                return try await calls.make(prepared, to: modelID, context).answer
            } catch .answerForgotten {
                ordinal += 1
            } catch .answerInDoubt where use == .document {
                // Somebody ingests it anew and has agreed to the cost; else a text that two killed runs were at would never
                // be found again.
                ordinal += 1
            } catch .inFlight where context.remaining > Self.pause {
                // The same text beside this one, or of a run that was killed: no event tells that another process's hold ends.
                do {
                    try await Task.sleep(for: Self.pause)
                } catch {
                    throw .noTimeLeft
                }
            }
        }
        throw .answerForgotten
    }

    /// The most that the vectors of some texts can cost at a price.
    ///
    /// - Throws: `GovernorError.unbounded`.
    package static func costMax(of texts: [String], by model: EmbeddingModel, at price: Price) throws(GovernorError)
        -> Money
    {
        var sum = Money.zero
        for start in stride(from: 0, to: texts.count, by: model.textsMax) {
            let batch = texts[start..<min(start + model.textsMax, texts.count)]
            let call = PaidCall(
                id: CallID(questionID: "", function: "", ordinal: 0, digest: ""), model: price.model, tenant: nil,
                inputBytes: batch.reduce(0) { $0 + $1.utf8.count }, messages: batch.count, outputTokensMax: 0)
            guard let more = sum.adding(try price.bound(of: call)) else { throw .unbounded }
            sum = more
        }
        return sum
    }
}
