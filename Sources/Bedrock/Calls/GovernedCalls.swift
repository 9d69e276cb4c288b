import FunctionKit
import Logging
import Spending

/// Calls models behind the governor: reserves, sends, and settles, releases or charges.
struct GovernedCalls: Sendable {
    /// Below this a call is not worth starting; a shorter call timeout counts instead.
    private static let timeMin: Duration = .seconds(2)
    /// How long a ledger that is away is left alone before the next try: no event tells that it is back.
    private static let ledgerPause: Duration = .seconds(1)

    let governor: CostGovernor
    let client: BedrockModel
    let callTimeout: Duration

    /// Makes a call once.
    ///
    /// Waits for money that calls under way hold, first come, first served, and for a ledger that is away, as long as half
    /// of the invocation's time, or the call's own, is left.
    ///
    /// - Throws: `LanguageModelError`. With less than 2 seconds left, or less than the call timeout where that is shorter or
    ///   the host drains, nothing is called.
    func make<Body: ModelBody>(
        _ prepared: PreparedCall<Body>, to model: ModelID, _ context: InvocationContext
    ) async throws(LanguageModelError) -> PaidAnswer<Body.Answer> {
        guard hasTime(context) else { throw .noTimeLeft }
        // Half of the time, or the call's own, is kept for the call itself or for a fallback.
        let kept = max(min(Self.timeMin, callTimeout), min(callTimeout, context.remaining / 2))
        switch try await reserve(
            prepared.call(to: model), context,
            patience: { context.remaining - (context.isDraining ? callTimeout : kept) })
        {
        case .held(let reservation):
            return try await pay(reservation, body: prepared.body, context)
        case .settled(let settlement):
            guard let answer = Body.Answer(settlement.response) else { throw .unreadableAnswer }
            return PaidAnswer(
                answer: answer, usage: settlement.usage, cost: settlement.cost,
                model: settlement.model?.model ?? model.model)
        case .inFlight: throw .inFlight
        // Money that is merely held comes free; another host can wait for it.
        case .refused(let refusal) where refusal.cause == .held && context.isDraining: throw .noTimeLeft
        case .refused(let refusal): throw .budgetExhausted(refusal)
        }
    }

    private func reserve(
        _ call: PaidCall, _ context: InvocationContext, patience: @Sendable () -> Duration
    ) async throws(LanguageModelError) -> Admission {
        var isAway = false
        while true {
            do throws(GovernorError) {
                return try await governor.reserve(call, patience: patience)
            } catch {
                // What it says holds no payload: models, files, and what to do.
                let metadata: Logger.Metadata = [LogKey.error: "\(error)"]
                guard case .ledgerUnavailable = error, patience() > Self.ledgerPause,
                    (try? await Task.sleep(for: Self.ledgerPause)) != nil
                else {
                    context.logger.error("paid call not admitted", metadata: metadata)
                    throw LanguageModelError(error)
                }
                if !isAway { context.logger.warning("waiting for the ledger", metadata: metadata) }
                isAway = true
            }
        }
    }

    private func pay<Body: ModelBody>(
        _ reservation: consuming Reservation, body: Body, _ context: InvocationContext
    ) async throws(LanguageModelError) -> PaidAnswer<Body.Answer> {
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
            throw LanguageModelError(error)
        }
        guard let answer = Body.Answer(response.body) else {
            await chargeInFull(reservation, context)
            throw .unreadableAnswer
        }
        return await settle(reservation, response, answer, context)
    }

    /// The answer is paid for, so the asker gets it whatever the ledger says: a hold that cannot be settled is charged in
    /// full by the ledger's next operation, and the reply names that cost.
    private func settle<Answer: ModelAnswer>(
        _ reservation: consuming Reservation, _ response: InvokeModelResponse, _ answer: Answer,
        _ context: InvocationContext
    ) async -> PaidAnswer<Answer> {
        let (call, bound) = (reservation.call, reservation.bound)
        // Without counts the tokens are unknown: the reply names about the most that they can be for this prompt.
        let most = TokenUsage(inputTokens: call.inputBytes, outputTokens: reservation.outputTokensMax)
        let counted = CountedTokens(
            body: answer.counts, headers: response.headerCounts,
            within: reservation.tokenLimits(answerBytes: response.body.count, hasText: answer.hasText))
        let (usage, source) = counted.map { ($0.usage, $0.source) } ?? (most, .bound)
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
            return PaidAnswer(
                answer: answer, usage: settlement.usage, cost: settlement.cost, model: call.model.model)
        } catch {
            context.logger.error("paid call not settled", metadata: [LogKey.error: "\(error)"])
            return PaidAnswer(answer: answer, usage: usage, cost: bound, model: call.model.model)
        }
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
