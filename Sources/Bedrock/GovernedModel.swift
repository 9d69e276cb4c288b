package import FunctionKit
import Logging
package import Spending

/// A Llama 3 model on Bedrock behind the governor: reserves, calls, and settles, releases or charges.
package struct GovernedModel: LanguageModel {
    /// Below this a call is not worth starting; a shorter call timeout counts instead.
    private static let timeMin: Duration = .seconds(2)

    private let governor: CostGovernor
    private let client: BedrockModel
    private let model: ModelID
    private let callTimeout: Duration

    /// Makes a model.
    ///
    /// - Parameters:
    ///   - governor: Keeps the budgets.
    ///   - client: Makes the calls.
    ///   - model: What is asked. A budget's fallback model is asked in the same region and must be a Llama 3 too.
    ///   - callTimeout: The longest that one call may take; what is left of the invocation counts where it is less.
    package init(governor: CostGovernor, client: BedrockModel, model: ModelID, callTimeout: Duration) {
        self.governor = governor
        self.client = client
        self.model = model
        self.callTimeout = callTimeout
    }

    /// Asks the model once, or its fallback once where the budget says so.
    ///
    /// Waits for money that calls under way hold, first come, first served, as long as half of the invocation's time, or
    /// the call's own, is left. May ask for fewer tokens, down to ``ModelRequest/minTokens``, where the budget has no room
    /// for more.
    ///
    /// - Throws: ``LanguageModelError``. With less than 2 seconds left, or less than the call timeout where that is
    ///   shorter or the host drains, nothing is called. A fallback model's own refusal asks for no second fallback: it becomes
    ///   ``ExhaustedPolicy/answerWithoutModel``.
    package func generate(
        _ request: ModelRequest, context: InvocationContext
    ) async throws(LanguageModelError) -> ModelReply {
        let ordinal = context.nextCallOrdinal()
        guard let prepared = PreparedCall(request, ordinal: ordinal, context: context) else {
            throw .rejected(code: "request-not-encodable")
        }
        do throws(LanguageModelError) {
            return try await ask(model, prepared, context)
        } catch {
            guard case .budgetExhausted(let refusal) = error, case .fallbackModel(let name) = refusal.policy else {
                throw error
            }
            return try await askFallback(name, prepared, context)
        }
    }

    private func askFallback(
        _ name: String, _ prepared: PreparedCall, _ context: InvocationContext
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
        _ model: ModelID, _ prepared: PreparedCall, _ context: InvocationContext
    ) async throws(LanguageModelError) -> ModelReply {
        guard hasTime(context) else { throw .noTimeLeft }
        let admission: Admission
        do throws(GovernorError) {
            // Half of the time, or the call's own, is kept for the call itself or for a fallback.
            let kept = max(min(Self.timeMin, callTimeout), min(callTimeout, context.remaining / 2))
            admission = try await governor.reserve(prepared.call(to: model)) {
                context.remaining - (context.isDraining ? callTimeout : kept)
            }
        } catch {
            // What it says holds no payload: models, files, and what to do.
            context.logger.error("paid call not admitted", metadata: [LogKey.error: "\(error)"])
            throw Self.modelError(error)
        }
        switch consume admission {
        case .held(let reservation):
            return try await pay(reservation, body: prepared.body, context)
        case .settled(let settlement):
            guard let answer = LlamaResponse(settlement.response) else { throw .unreadableAnswer }
            return reply(
                answer, usage: settlement.usage, cost: settlement.cost,
                model: settlement.model?.model ?? model.model)
        case .inFlight: throw .inFlight
        // Money that is merely held comes free; another host can wait for it.
        case .refused(let refusal) where refusal.cause == .held && context.isDraining: throw .noTimeLeft
        case .refused(let refusal): throw .budgetExhausted(refusal)
        }
    }

    private func pay(
        _ reservation: consuming Reservation, body: LlamaRequest, _ context: InvocationContext
    ) async throws(LanguageModelError) -> ModelReply {
        // The reservation itself took time.
        guard hasTime(context) else {
            await release(reservation, context)
            throw .noTimeLeft
        }
        let request = InvokeModelRequest(
            modelID: reservation.call.model.model, body: body, timeout: min(callTimeout, context.remaining))
        let response: InvokeModelResponse
        do throws(BedrockError) {
            response = try await client.send(request, holding: reservation)
        } catch {
            if error.wasSurelyNotPaid {
                await release(reservation, context)
            } else {
                await chargeInFull(reservation, context)
            }
            throw Self.modelError(error)
        }
        guard let answer = LlamaResponse(response.body) else {
            await chargeInFull(reservation, context)
            throw .unreadableAnswer
        }
        return await settle(reservation, response, answer, context)
    }

    /// The answer is paid for, so the asker gets it whatever the ledger says: a hold that cannot be settled is charged in
    /// full by the ledger's next operation, and the reply names that cost.
    private func settle(
        _ reservation: consuming Reservation, _ response: InvokeModelResponse, _ answer: LlamaResponse,
        _ context: InvocationContext
    ) async -> ModelReply {
        let (call, bound) = (reservation.call, reservation.bound)
        // Without counts the tokens are unknown: the reply names about the most that they can be for this prompt.
        let most = TokenUsage(inputTokens: call.inputBytes, outputTokens: reservation.outputTokensMax)
        let (usage, source) = Self.count(answer, response) ?? (most, .bound)
        do throws(GovernorError) {
            let settlement = try await governor.settle(
                reservation, usage: usage, countedBy: source, requestID: response.requestID,
                response: response.body)
            if settlement.cost > bound {
                context.logger.error(
                    "call cost more than its bound; the model is refused until the bound of its price is raised",
                    metadata: [
                        LogKey.model: "\(call.model.model)", LogKey.cost: "\(settlement.cost.nanoUSD)",
                        LogKey.bound: "\(bound.nanoUSD)",
                    ])
            }
            return reply(answer, usage: settlement.usage, cost: settlement.cost, model: call.model.model)
        } catch {
            context.logger.error("paid call not settled", metadata: [LogKey.error: "\(error)"])
            return reply(answer, usage: usage, cost: bound, model: call.model.model)
        }
    }

    /// The tokens to pay for, and who counted them; nil where nobody did.
    private static func count(
        _ answer: LlamaResponse, _ response: InvokeModelResponse
    ) -> (usage: TokenUsage, source: UsageSource)? {
        if let usage = answer.usage { return (usage, .body) }
        return response.headerUsage.map { ($0, .headers) }
    }

    private func reply(_ answer: LlamaResponse, usage: TokenUsage, cost: Money, model: String) -> ModelReply {
        ModelReply(
            text: answer.generation, stopReason: answer.stopReason, usage: usage, costNanoUSD: cost.nanoUSD,
            model: model)
    }

    // MARK: Ends without an answer. A hold that cannot be ended is charged in full by the ledger's next operation.

    private func release(_ reservation: consuming Reservation, _ context: InvocationContext) async {
        do throws(GovernorError) {
            try await governor.release(reservation)
        } catch {
            context.logger.warning("hold not released", metadata: [LogKey.error: "\(error)"])
        }
    }

    private func chargeInFull(_ reservation: consuming Reservation, _ context: InvocationContext) async {
        do throws(GovernorError) {
            try await governor.chargeInFull(reservation)
        } catch {
            context.logger.warning("hold not charged", metadata: [LogKey.error: "\(error)"])
        }
    }

    /// While the host drains, only a call that surely ends before the drain does is begun.
    private func hasTime(_ context: InvocationContext) -> Bool {
        context.remaining >= (context.isDraining ? callTimeout : min(Self.timeMin, callTimeout))
    }

    private enum LogKey {
        static let error = "error"
        static let model = "model"
        static let cost = "cost.nano_usd"
        static let bound = "bound.nano_usd"
    }
}
