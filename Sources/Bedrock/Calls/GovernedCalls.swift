import FunctionKit
import HTTPTransport
import Logging
import Spending

/// Calls models behind the governor: reserves, sends, and settles, releases or charges.
struct GovernedCalls: Sendable {
    /// Below this a call is not worth starting; a shorter call timeout counts instead.
    private static let timeMin: Duration = .seconds(2)
    /// How long a ledger that is away is left alone before the next try: no event tells that it is back.
    private static let ledgerPause: Duration = .seconds(1)
    /// How often one call may be paid for in doubt: what timed out twice, or was under way when its host was killed, is not
    /// paid a third time.
    private static let doubtsMax = 2

    let governor: CostGovernor
    let client: BedrockModel
    let callTimeout: Duration
    /// Whether its models may be asked.
    let health = ModelHealth()

    /// Makes a call once; what it cost is noted in the context.
    ///
    /// Waits for money that calls under way hold, first come, first served, and for a ledger that is away, as long as half
    /// of the invocation's time, or the call's own, is left.
    ///
    /// - Throws: `LanguageModelError`. With less than 2 seconds left, or less than the call timeout where that is shorter or
    ///   the host drains, nothing is called; nor while the model is left alone, and nothing is held then. Of less than 8
    ///   seconds that a person waits, a quarter is enough.
    func make<Body: ModelBody>(
        _ prepared: PreparedCall<Body>, to model: ModelID, _ context: InvocationContext
    ) async throws(LanguageModelError) -> PaidAnswer<Body.Answer> {
        do throws(LanguageModelError) {
            let paid = try await makeOnce(prepared, to: model, context)
            context.charge(nanoUSD: paid.cost.nanoUSD)
            return paid
        } catch {
            context.charge(nanoUSD: error.chargedNanoUSD)
            throw error
        }
    }

    private func makeOnce<Body: ModelBody>(
        _ prepared: PreparedCall<Body>, to model: ModelID, _ context: InvocationContext
    ) async throws(LanguageModelError) -> PaidAnswer<Body.Answer> {
        guard hasTime(context) else { throw .noTimeLeft }
        let isProbe = try health.admit(model)
        defer { if isProbe { health.probeEnded(model) } }
        // Half of the time, or the call's own, is kept for the call itself or for a fallback.
        let kept = max(timeMin(context), min(callTimeout, context.remaining / 2))
        let call = prepared.call(to: model)
        switch try await reserve(
            call, context,
            patience: { context.remaining - (context.isDraining ? callTimeout : kept) })
        {
        case .held(let reservation):
            return try await pay(reservation, body: prepared.body, isProbe: isProbe, context)
        case .settled(let settlement):
            guard let answer = Body.Answer(settlement.response) else { throw .unreadableAnswer }
            return PaidAnswer(
                answer: answer, usage: settlement.usage,
                cost: settlement.cost.addingUpToLimit(try await charged(for: call)),
                model: settlement.model?.model ?? model.model)
        case .inFlight: throw .inFlight
        // Money that is merely held comes free; another host can wait for it.
        case .refused(let refusal) where refusal.cause == .held && context.isDraining: throw .noTimeLeft
        case .refused(var refusal):
            refusal.chargedNanoUSD = try await charged(for: call).nanoUSD
            throw .budgetExhausted(refusal)
        }
    }

    /// What a call cost when it brought no answer: whoever is told of its question's cost is told of this as well.
    private func charged(for call: PaidCall) async throws(LanguageModelError) -> Money {
        do throws(GovernorError) {
            return try await governor.charged(for: call)
        } catch {
            throw LanguageModelError(error)
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
                    if case .boundBreached = error { throw await breached(call) }
                    throw LanguageModelError(error)
                }
                if !isAway { context.logger.warning("waiting for the ledger", metadata: metadata) }
                isAway = true
            }
        }
    }

    /// What becomes of a call to a model that has cost more than its bound.
    ///
    /// What the first budget that covers it says of calls without room; one whose policy is to wait waits for the model.
    private func breached(_ call: PaidCall) async -> LanguageModelError {
        guard var refusal = try? await governor.refusal(ofBreached: call), refusal.policy != .waitUntilReset,
            let charged = try? await governor.charged(for: call)
        else {
            return LanguageModelError(.boundBreached(call.model))
        }
        refusal.chargedNanoUSD = charged.nanoUSD
        return .budgetExhausted(refusal)
    }

    private func pay<Body: ModelBody>(
        _ reservation: consuming Reservation, body: Body, isProbe: Bool, _ context: InvocationContext
    ) async throws(LanguageModelError) -> PaidAnswer<Body.Answer> {
        let model = reservation.call.model
        // While it is held nobody else makes this call, so that the count stands.
        let (doubts, charged): (CallDoubts, Money)
        do throws(GovernorError) {
            doubts = try await governor.doubts(of: reservation.call)
            charged = try await governor.charged(for: reservation.call)
        } catch {
            await release(reservation, context)
            throw LanguageModelError(error)
        }
        guard doubts.ofCall < Self.doubtsMax else {
            await release(reservation, context)
            throw .answerInDoubt(chargedNanoUSD: charged.nanoUSD)
        }
        let becomesProbe: Bool
        do throws(LanguageModelError) {
            becomesProbe = try health.admit(model, after: doubts, isProbe: isProbe)
        } catch {
            await release(reservation, context)
            throw error
        }
        defer { if becomesProbe { health.probeEnded(model) } }
        let isProbe = isProbe || becomesProbe
        // The reservation itself took time.
        guard hasTime(context) else {
            await release(reservation, context)
            throw .noTimeLeft
        }
        let request = InvokeModelRequest(
            modelID: model.model, body: body, timeout: min(callTimeout, context.remaining))
        let response: InvokeModelResponse
        let stopped = ProcessClock.stopped
        do throws(BedrockError) {
            response = try await client.send(request, holding: reservation)
        } catch {
            if error.wasSurelyNotPaid {
                await release(reservation, context)
            } else {
                await chargeInFull(reservation, context)
            }
            throw failure(
                error, of: model, isProbe: isProbe, wasStopped: ProcessClock.stopped > stopped, context)
        }
        guard let answer = Body.Answer(response.body) else {
            await chargeInFull(reservation, context)
            let trouble = HostTrouble(.unavailable, code: "model-answer-unreadable")
            throw .hostTrouble(health.failed(model, trouble, isPaid: true, isProbe: isProbe))
        }
        let paid = await settle(reservation, response, answer, charged, context)
        // Only now, when the ledger knows it as well.
        health.answered(model)
        return paid
    }

    /// What the function is told of a call that failed.
    private func failure(
        _ error: BedrockError, of model: ModelID, isProbe: Bool, wasStopped: Bool, _ context: InvocationContext
    ) -> LanguageModelError {
        guard var trouble = error.trouble else { return .rejected(code: error.requestCode) }
        if case .transport = error { trouble.address = client.endpoint }
        // What this host cut off itself says nothing of the model.
        if case .transport(.cancelled(_)) = error, context.remaining > .zero { return .hostTrouble(trouble) }
        // Nor does a connection that nobody kept while this process was stopped.
        if case .transport = error, wasStopped { return .hostTrouble(trouble) }
        return .hostTrouble(
            health.failed(model, trouble, isPaid: !error.wasSurelyNotPaid, isProbe: isProbe))
    }

    /// The answer is paid for, so the asker gets it whatever the ledger says: a hold that cannot be settled for as long as
    /// it lives is charged in full by the ledger's next operation, and the reply names that cost.
    private func settle<Answer: ModelAnswer>(
        _ reservation: consuming Reservation, _ response: InvokeModelResponse, _ answer: Answer,
        _ charged: Money, _ context: InvocationContext
    ) async -> PaidAnswer<Answer> {
        let (call, bound) = (reservation.grantedCall, reservation.bound)
        // Without counts the tokens are unknown: the reply names about the most that they can be for this prompt.
        let most = TokenUsage(inputTokens: call.inputBytes, outputTokens: call.outputTokensMax)
        let counted = CountedTokens(
            body: answer.counts.raised(by: AnswerTraces(response.body).counts), headers: response.headerCounts,
            within: reservation.tokenLimits(answerBytes: response.body.count, textBytes: answer.textBytes))
        let isPriced = counted.map { reservation.hasRates(for: $0.usage) } ?? false
        let (usage, source) = isPriced ? counted.map { ($0.usage, $0.source) } ?? (most, .bound) : (most, .bound)
        do throws(GovernorError) {
            let settlement = try await governor.settle(
                reservation, usage: usage, countedBy: source, requestID: response.requestID,
                response: response.body, patience: { context.patience })
            if settlement.isBreach(of: call, bound: bound) {
                context.logger.error(
                    settlement.cost > bound
                        ? "call cost more than its bound; the model is refused until the bound of its price is raised"
                        : "model wrote more than it was granted; it is refused until `sluice budget breach accept`",
                    metadata: [
                        LogKey.model: "\(call.model.model)", LogKey.cost: "\(settlement.cost.nanoUSD)",
                        LogKey.bound: "\(bound.nanoUSD)",
                    ])
            }
            return PaidAnswer(
                answer: answer, usage: settlement.usage, cost: settlement.cost.addingUpToLimit(charged),
                model: call.model.model)
        } catch {
            context.logger.error("paid call not settled", metadata: [LogKey.error: "\(error)"])
            return PaidAnswer(
                answer: answer, usage: usage, cost: bound.addingUpToLimit(charged), model: call.model.model)
        }
    }

    // MARK: Ends without an answer. A hold that cannot be ended is charged in full by the ledger's next operation.

    private func release(_ reservation: consuming Reservation, _ context: InvocationContext) async {
        do throws(GovernorError) {
            try await governor.release(reservation, patience: { context.patience })
        } catch {
            context.logger.warning("hold not released", metadata: [LogKey.error: "\(error)"])
        }
    }

    private func chargeInFull(_ reservation: consuming Reservation, _ context: InvocationContext) async {
        do throws(GovernorError) {
            try await governor.chargeInFull(reservation, patience: { context.patience })
        } catch {
            context.logger.warning("hold not charged", metadata: [LogKey.error: "\(error)"])
        }
    }

    /// While the host drains, only a call that surely ends before the drain does is begun.
    private func hasTime(_ context: InvocationContext) -> Bool {
        context.remaining >= (context.isDraining ? callTimeout : timeMin(context))
    }

    /// Who waits for a moment only has chosen so: the call is tried, unless the moment is nearly over.
    private func timeMin(_ context: InvocationContext) -> Duration {
        min(Self.timeMin, callTimeout, context.personWaits.map { $0 / 4 } ?? callTimeout)
    }

    private enum LogKey {
        static let error = "error"
        static let model = "model"
        static let cost = "cost.nano_usd"
        static let bound = "bound.nano_usd"
    }
}

extension InvocationContext {
    /// How long the end of a hold may be waited for: as long as the hold lives, and no longer than a host that drains.
    fileprivate var patience: Duration { drainRemaining ?? .seconds(3600) }
}
