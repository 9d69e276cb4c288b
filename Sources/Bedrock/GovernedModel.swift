package import FunctionKit
package import Spending

/// A Llama 3 model on Bedrock behind the governor: reserves, calls, and settles, releases or charges.
package struct GovernedModel: LanguageModel {
    private let calls: GovernedCalls
    private let model: ModelID

    /// Makes a model.
    ///
    /// - Parameters:
    ///   - governor: Keeps the budgets.
    ///   - client: Makes the calls.
    ///   - model: What is asked. A budget's fallback model is asked in the same region and must be a Llama 3 too.
    ///   - callTimeout: The longest that one call may take; what is left of the invocation counts where it is less.
    package init(governor: CostGovernor, client: BedrockModel, model: ModelID, callTimeout: Duration) {
        calls = GovernedCalls(governor: governor, client: client, callTimeout: callTimeout)
        self.model = model
    }

    /// Asks the model once, or its fallback once where the budget says so.
    ///
    /// Waits for money that calls under way hold, first come, first served, and for a ledger that is away, as long as half
    /// of the invocation's time, or the call's own, is left. May ask for fewer tokens, down to ``ModelRequest/minTokens``, where the budget has no room
    /// for more.
    ///
    /// A call that was paid for twice in doubt is not made a third time; a budget that names a fallback model has that asked
    /// instead. While the model is in trouble on this host one call is let through now and then, and nothing is held for
    /// the others.
    ///
    /// - Throws: ``LanguageModelError``. With less than 2 seconds left, or less than the call timeout where that is
    ///   shorter or the host drains, nothing is called. A fallback model's own refusal asks for no second fallback: it becomes
    ///   ``ExhaustedPolicy/answerWithoutModel``.
    package func generate(
        _ request: ModelRequest, context: InvocationContext
    ) async throws(LanguageModelError) -> ModelReply {
        let ordinal = context.nextCallOrdinal()
        let body = LlamaRequest(
            prompt: request.prompt, outputTokensMax: request.maxTokens, temperature: request.temperature,
            topP: request.topP)
        guard
            let prepared = PreparedCall(
                body, outputTokensMin: request.minTokens, ordinal: ordinal, context: context)
        else {
            throw .rejected(code: "request-not-encodable")
        }
        do throws(LanguageModelError) {
            return try await ask(model, prepared, context)
        } catch {
            guard let name = await fallback(from: error, prepared) else { throw error }
            return try await askFallback(name, prepared, context)
        }
    }

    /// The model that a budget wants asked instead; nil where none does.
    private func fallback(
        from error: LanguageModelError, _ prepared: PreparedCall<LlamaRequest>
    ) async -> String? {
        let policy: ExhaustedPolicy? =
            switch error {
            case .budgetExhausted(let refusal): refusal.policy
            case .answerInDoubt: try? await calls.governor.policy(for: prepared.call(to: model))
            default: nil
            }
        if case .fallbackModel(let name) = policy { return name }
        return nil
    }

    private func askFallback(
        _ name: String, _ prepared: PreparedCall<LlamaRequest>, _ context: InvocationContext
    ) async throws(LanguageModelError) -> ModelReply {
        let fallback = ModelID(provider: model.provider, region: model.region, model: name)
        do throws(LanguageModelError) {
            return try await ask(fallback, prepared, context)
        } catch {
            guard case .budgetExhausted(var refusal) = error, case .fallbackModel = refusal.policy else { throw error }
            refusal.policy = .answerWithoutModel
            throw .budgetExhausted(refusal)
        }
    }

    private func ask(
        _ model: ModelID, _ prepared: PreparedCall<LlamaRequest>, _ context: InvocationContext
    ) async throws(LanguageModelError) -> ModelReply {
        let paid = try await calls.make(prepared, to: model, context)
        return ModelReply(
            text: paid.answer.generation, stopReason: paid.answer.stopReason, usage: paid.usage,
            costNanoUSD: paid.cost.nanoUSD, model: paid.model)
    }
}
