import Bedrock
import BedrockStandIn
import Foundation
import FunctionKit
import FunctionTesting
import HTTPTransport
import InMemoryLogging
import Logging
import SQLite
import Spending
import SpendingSQLite
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct GovernedModelTests {
    private static let request = ModelRequest(
        prompt: """
            <|begin_of_text|><|start_header_id|>user<|end_header_id|>

            Passages:

            [fees] Fees
            A complaint about less than five lakh rupees costs no fee.

            Question: What fee does a complaint cost?<|eot_id|>
            """, maxTokens: 64, temperature: 0.2, topP: 0.9)

    /// What ``request`` costs at most: a token a byte and 16 more in, 64 tokens out.
    private static let bound = Int64(request.prompt.utf8.count + 16) * 3180 + 64 * 4200

    private func model(
        _ fixture: StandInFixture, _ id: ModelID = StandInFixture.model, callTimeout: Duration = .seconds(30)
    ) -> GovernedModel {
        GovernedModel(governor: fixture.governor, client: fixture.client, model: id, callTimeout: callTimeout)
    }

    private func failure(
        _ model: GovernedModel, _ context: InvocationContext = .testing()
    ) async -> LanguageModelError? {
        do throws(LanguageModelError) {
            _ = try await model.generate(Self.request, context: context)
            return nil
        } catch {
            return error
        }
    }

    private func trouble(_ model: GovernedModel, _ context: InvocationContext = .testing()) async -> HostTrouble? {
        if case .hostTrouble(let trouble) = await failure(model, context) { trouble } else { nil }
    }

    @Test("an answer is charged what it cost in truth, and nothing stays held")
    func settles() async throws {
        try await StandInFixture.run { fixture in
            let reply = try await model(fixture).generate(Self.request, context: .testing(tenant: "t"))
            #expect(reply.text == "A complaint about less than five lakh rupees costs no fee. [fees]")
            #expect(reply.stopReason == .stop)
            #expect(reply.model == StandInFixture.model.model)
            #expect(
                reply.costNanoUSD == Int64(reply.usage.inputTokens) * 3180 + Int64(reply.usage.outputTokens) * 4200)
            let money = try await fixture.money()
            #expect(money == (reply.costNanoUSD, 0))
            #expect(reply.costNanoUSD < Self.bound)
        }
    }

    @Test("a redelivery gets the stored answer; another question and another call pay for themselves")
    func redelivery() async throws {
        try await StandInFixture.run { fixture in
            let model = model(fixture)
            let first = try await model.generate(Self.request, context: .testing())
            let again = try await model.generate(Self.request, context: .testing(attempt: 2))
            #expect(again == first)
            #expect(fixture.standIn.received.count == 1)
            let other: InvocationContext = .testing(runID: "question-2")
            _ = try await model.generate(Self.request, context: other)
            _ = try await model.generate(Self.request, context: other)
            #expect(fixture.standIn.received.count == 3)
            let spent = try await fixture.money().spent
            #expect(spent == 3 * first.costNanoUSD)
        }
    }

    @Test(
        "what the service surely did not do is not charged",
        arguments: [
            (StandInBehaviour.Fault.throttle, HostTrouble.Kind.throttled, "model-throttled (ThrottlingException)"),
            (.unavailable, .unavailable, "model-unavailable (ServiceUnavailableException)"),
            (.deny, .access, "model-rejected (AccessDeniedException)"),
        ])
    func releases(fault: StandInBehaviour.Fault, kind: HostTrouble.Kind, text: String) async throws {
        try await StandInFixture.run { fixture in
            fixture.standIn.behaviour = .next(1, fault)
            let trouble = await trouble(model(fixture))
            #expect(trouble?.kind == kind)
            #expect(trouble?.description == text)
            let money = try await fixture.money()
            #expect(money == (0, 0))
            // The host tries again, under a hold of its own.
            #expect(await failure(model(fixture), .testing(attempt: 2)) == nil)
        }
    }

    @Test("what the service refuses for its input is the request's own, and not charged")
    func refused() async throws {
        try await StandInFixture.run { fixture in
            fixture.standIn.behaviour = .next(1, .refuse)
            #expect(await failure(model(fixture)) == .rejected(code: "ValidationException"))
            let money = try await fixture.money()
            #expect(money == (0, 0))
        }
    }

    @Test("a wrong key is the host's trouble with the service's code, and not charged")
    func rejected() async throws {
        let wrong = AWSCredentials(accessKeyID: "OTHER", secretAccessKey: "other")
        try await StandInFixture.run(credentials: wrong) { fixture in
            let trouble = await trouble(model(fixture))
            #expect(trouble?.kind == .credentials)
            #expect(trouble?.description == "model-rejected (UnrecognizedClientException)")
            let money = try await fixture.money()
            #expect(money == (0, 0))
        }
    }

    @Test(
        "what the service may have done is charged in full, and a further attempt has its own charge",
        arguments: [
            (StandInBehaviour.Fault.fail, "model-unavailable (InternalServerException)"),
            (.hangUp, "model-unavailable (Server returned nothing (no headers, no data))"),
            (.stall, "model-unavailable (no answer in time)"), (.garble, "model-answer-unreadable"),
        ])
    func charges(fault: StandInBehaviour.Fault, text: String) async throws {
        try await StandInFixture.run { fixture in
            fixture.standIn.behaviour = .next(1, fault)
            let model = model(fixture, callTimeout: .milliseconds(500))
            #expect(await trouble(model)?.description == text)
            let money = try await fixture.money()
            #expect(money == (Self.bound, 0))
            let reply = try await model.generate(Self.request, context: .testing(attempt: 2))
            let spent = try await fixture.money().spent
            // What is said of its cost is what was charged for it.
            #expect(spent == reply.costNanoUSD && reply.costNanoUSD > Self.bound)
            #expect(try await model.generate(Self.request, context: .testing(attempt: 3)) == reply)
        }
    }

    @Test("cancelling a call under way charges it in full")
    func cancellation() async throws {
        try await StandInFixture.run { fixture in
            fixture.standIn.behaviour = .next(1, .stall)
            let model = model(fixture)
            let error = await withTaskGroup(of: LanguageModelError?.self) { group in
                group.addTask { await failure(model) }
                for await _ in fixture.requests { break }
                group.cancelAll()
                return await group.next() ?? nil
            }
            #expect(error?.code == "model-unavailable (cut short)")
            let money = try await fixture.money()
            #expect(money == (Self.bound, 0))
        }
    }

    @Test("the same call is made once at a time")
    func inFlight() async throws {
        try await StandInFixture.run { fixture in
            fixture.standIn.behaviour = .next(1, .stall)
            let model = model(fixture)
            await withTaskGroup(of: Void.self) { group in
                group.addTask { _ = await failure(model) }
                for await _ in fixture.requests { break }
                #expect(await failure(model) == .inFlight)
                #expect(fixture.standIn.received.count == 1)
                group.cancelAll()
            }
        }
    }

    @Test("with too little time left nothing is held or sent")
    func noTimeLeft() async throws {
        try await StandInFixture.run { fixture in
            #expect(await failure(model(fixture), .testing(timeout: .milliseconds(1900))) == .noTimeLeft)
            let drain = DrainSignal()
            drain.begin(until: .now.advanced(by: .seconds(1)))
            #expect(await failure(model(fixture), .testing(drain: drain)) == .noTimeLeft)
            #expect(fixture.standIn.received.isEmpty)
            let money = try await fixture.money()
            #expect(money == (0, 0))
            // Where a call takes less than two seconds, less will do.
            let quick = model(fixture, callTimeout: .milliseconds(500))
            #expect(await failure(quick, .testing(timeout: .milliseconds(1900))) == nil)
            // Who waits for a moment only is given a quarter of it.
            let wait = DrainSignal()
            wait.isAwaited(until: .now + .milliseconds(200), of: .seconds(1))
            #expect(await failure(model(fixture), .testing(drain: wait)) == .noTimeLeft)
            wait.isAwaited(until: .now + .milliseconds(900), of: .seconds(1))
            #expect(await failure(model(fixture), .testing(drain: wait)) == nil)
        }
    }

    @Test("while the host drains only a call that surely ends in time is begun")
    func draining() async throws {
        try await StandInFixture.run { fixture in
            let drain = DrainSignal()
            drain.begin(until: .now.advanced(by: .seconds(10)))
            // It may take longer than the drain, though it likely would not.
            let slow = model(fixture, callTimeout: .seconds(20))
            #expect(await failure(slow, .testing(timeout: .seconds(60), drain: drain)) == .noTimeLeft)
            #expect(fixture.standIn.received.isEmpty)
            let quick = model(fixture, callTimeout: .seconds(5))
            #expect(await failure(quick, .testing(timeout: .seconds(60), drain: drain)) == nil)
            #expect(fixture.standIn.received.count == 1)
        }
    }

    @Test(
        "what an answer cost is written once a ledger that is locked when it comes can be; a drain's end is the wait's")
    func lockedLedger() async throws {
        let folder = try TemporaryFolder()
        let (store, other) = (try Self.store(folder), try Self.store(folder))
        try await StandInFixture.run(store: store) { fixture in
            fixture.standIn.behaviour = StandInBehaviour(latency: .milliseconds(300))
            for isDraining in [false, true] {
                let drain = DrainSignal()
                let asking = Task {
                    try await model(fixture, callTimeout: .seconds(1)).generate(
                        Self.request,
                        context: .testing(runID: "\(isDraining)", timeout: .seconds(20), drain: drain))
                }
                for await _ in fixture.requests { break }
                let (locked, tell) = AsyncStream.makeStream(of: Void.self)
                let (over, end) = (DispatchSemaphore(value: 0), Task { for await _ in locked { break } })
                let locking = Task.detached {
                    try await other.commit { _ in
                        tell.yield()
                        over.wait()
                    }
                }
                await end.value
                if isDraining { drain.begin(until: .now + .milliseconds(900)) }
                if !isDraining {
                    // Longer than the answer takes and a lock is waited for.
                    try await Task.sleep(for: .milliseconds(700))
                    over.signal()
                }
                let reply = try await asking.value
                if isDraining { over.signal() }
                try await locking.value
                let counted = Int64(reply.usage.inputTokens) * 3180 + Int64(reply.usage.outputTokens) * 4200
                #expect(reply.costNanoUSD == (isDraining ? Self.bound : counted))
                #expect(try await fixture.money().held == 0)
            }
        }
        try store.close()
        try other.close()
    }

    private static func store(_ folder: TemporaryFolder) throws -> SQLiteStore {
        try SQLiteStore.open(folder: folder.path, schemas: [SQLiteLedger.schema], lockSeconds: 0.05)
    }

    @Test("money that is merely held does not make a draining host answer without the model")
    func drainingWhileHeld() async throws {
        let budget = StandInFixture.budget(nanoUSD: 3_000_000, exhausted: .answerWithoutModel)
        try await StandInFixture.run(budgets: [budget]) { fixture in
            let held = try await fixture.reservation(body: StandInFixture.body(maxTokens: 200))
            let drain = DrainSignal()
            drain.begin(until: .now.advanced(by: .seconds(60)))
            let model = model(fixture, callTimeout: .seconds(5))
            let error = await failure(model, .testing(timeout: .seconds(5), drain: drain))
            #expect(error == .noTimeLeft)
            #expect(fixture.governor.reservationsReleased == 0)
            try await fixture.governor.release(held)
            #expect(fixture.governor.reservationsReleased == 1)
        }
    }

    @Test("a call ends with its invocation's time, before its own")
    func timeLeft() async throws {
        try await StandInFixture.run { fixture in
            fixture.standIn.behaviour = .next(1, .stall)
            let start = ContinuousClock.now
            // Enough more than the two seconds below which nothing is called, for a machine that is busy.
            let trouble = await trouble(model(fixture), .testing(timeout: .seconds(5)))
            #expect(trouble?.code == "model-unavailable")
            #expect(ContinuousClock.now - start < .seconds(20))
        }
    }

    @Test(
        "a budget without room passes on its policy, and nothing is sent",
        arguments: [ExhaustedPolicy.answerWithoutModel, .waitUntilReset, .reject])
    func exhausted(policy: ExhaustedPolicy) async throws {
        let budget = StandInFixture.budget(nanoUSD: 2 * Self.bound - 1, exhausted: policy)
        try await StandInFixture.run(budgets: [budget]) { fixture in
            try await fixture.governor.chargeInFull(fixture.reservation(body: StandInFixture.body()))
            guard case .budgetExhausted(let refusal) = await failure(model(fixture)) else {
                Issue.record("it was not refused")
                return
            }
            #expect(refusal.budget == "daily")
            #expect(refusal.policy == policy)
            #expect(fixture.standIn.received.isEmpty)
        }
    }

    @Test("where a budget names a fallback model, that answers, once, under its own budgets")
    func fallback() async throws {
        let (main, other) = (StandInFixture.model.model, StandInFixture.fallback.model)
        let budgets = [
            StandInFixture.budget("large", nanoUSD: 1, models: [main], exhausted: .fallbackModel(other)),
            StandInFixture.budget("small", models: [other]),
        ]
        try await StandInFixture.run(budgets: budgets) { fixture in
            let reply = try await model(fixture).generate(Self.request, context: .testing())
            #expect(reply.model == other)
            #expect(fixture.standIn.received.map(\.modelID) == [other])
            let status = try await fixture.governor.status()
            #expect(status.map(\.spent.nanoUSD) == [0, reply.costNanoUSD])
            let again = try await model(fixture).generate(Self.request, context: .testing(attempt: 2))
            #expect(again == reply)
            #expect(fixture.standIn.received.count == 1)
        }
    }

    @Test(
        "a fallback's own refusal is passed on, but asks for no second fallback",
        arguments: [
            (ExhaustedPolicy.waitUntilReset, ExhaustedPolicy.waitUntilReset),
            (.fallbackModel(StandInFixture.model.model), .answerWithoutModel),
        ])
    func fallbackRefused(policy: ExhaustedPolicy, passedOn: ExhaustedPolicy) async throws {
        let (main, other) = (StandInFixture.model.model, StandInFixture.fallback.model)
        let budgets = [
            StandInFixture.budget("large", nanoUSD: 1, models: [main], exhausted: .fallbackModel(other)),
            StandInFixture.budget("small", nanoUSD: 2 * Self.bound - 1, models: [other], exhausted: policy),
        ]
        try await StandInFixture.run(budgets: budgets) { fixture in
            try await fixture.governor.chargeInFull(
                fixture.reservation(body: StandInFixture.body(), model: StandInFixture.fallback))
            guard case .budgetExhausted(let refusal) = await failure(model(fixture)) else {
                Issue.record("it was not refused")
                return
            }
            #expect(refusal.budget == "small")
            #expect(refusal.policy == passedOn)
            #expect(fixture.standIn.received.isEmpty)
        }
    }

    @Test("where the budget has no room for the whole answer, a shorter one is asked for, and a redelivery gets that")
    func fewerTokens() async throws {
        let budget = StandInFixture.budget(nanoUSD: Self.bound - 60 * 4200)
        try await StandInFixture.run(budgets: [budget]) { fixture in
            var request = Self.request
            request.minTokens = 4
            let reply = try await model(fixture).generate(request, context: .testing())
            let body = try #require(fixture.standIn.received.first?.body)
            let sent = try JSONDecoder().decode(LlamaRequest.self, from: body)
            #expect(sent.outputTokensMax == 4 && sent.prompt == request.prompt)
            #expect(reply.stopReason == .length && reply.usage.outputTokens == 4)
            let again = try await model(fixture).generate(request, context: .testing(attempt: 2))
            #expect(again == reply)
            #expect(fixture.standIn.received.count == 1)
        }
    }

    @Test("who finds the money held by another call waits for it, and is answered")
    func waits() async throws {
        let budget = StandInFixture.budget(nanoUSD: Self.bound * 3 / 2)
        try await StandInFixture.run(budgets: [budget]) { fixture in
            fixture.standIn.behaviour = StandInBehaviour(latency: .milliseconds(100))
            let model = model(fixture)
            await withTaskGroup(of: LanguageModelError?.self) { group in
                group.addTask { await failure(model, .testing(runID: "first")) }
                for await _ in fixture.requests { break }
                group.addTask { await failure(model, .testing(runID: "second")) }
                for await error in group { #expect(error == nil) }
            }
            let money = try await fixture.money()
            #expect(money.held == 0 && money.spent < budget.limit.nanoUSD)
        }
    }

    @Test("a model without a price is not called")
    func notGoverned() async throws {
        let unknown = ModelID(provider: "bedrock", region: "ap-south-1", model: "unknown")
        try await StandInFixture.run { fixture in
            #expect(await trouble(model(fixture, unknown))?.kind == .notGoverned)
            #expect(fixture.standIn.received.isEmpty)
        }
    }

    @Test("a call that cost more than its bound is charged, named in the log, and the last of its model")
    func breach() async throws {
        try await StandInFixture.run { fixture in
            let model = model(fixture)
            let log = InMemoryLogHandler()
            let logger = Logger(label: "test", factory: { _ in log })
            fixture.standIn.behaviour = StandInBehaviour(usage: TokenUsage(inputTokens: 5000, outputTokens: 1))
            let reply = try await model.generate(Self.request, context: .testing(runID: "a", logger: logger))
            #expect(reply.costNanoUSD == 5000 * 3180 + 4200 && reply.costNanoUSD > Self.bound)
            #expect(try await fixture.money() == (reply.costNanoUSD, 0))
            let error = try #require(log.entries.first { $0.level == .error })
            #expect("\(error.message)".hasPrefix("call cost more than its bound"))
            #expect(error.metadata["model"] == "\(StandInFixture.model.model)")
            #expect(error.metadata["cost.nano_usd"] == "\(reply.costNanoUSD)")
            #expect(error.metadata["bound.nano_usd"] == "\(Self.bound)")
            let refused = await failure(model, .testing(runID: "b", logger: logger))
            guard case .budgetExhausted(let refusal) = refused else {
                Issue.record("\(String(describing: refused))")
                return
            }
            #expect(refusal.cause == .breached && refusal.budget == "daily" && refusal.policy == .reject)
            #expect(refused?.code == "model-bound-breached")
            let advice = "\(try #require(log.entries.last).metadata["error"] ?? "")"
            #expect(advice.contains("raise the bound of its price"))
            #expect(fixture.standIn.received.count == 1)
        }
    }

    @Test(
        "a count that cannot be true is doubt: the bound is charged, and the model goes on",
        arguments: [(0, 0), (0, 12), (300, 0), (999_999_999, 12), (300, 999_999_999), (.max, .max), (-1, -1)])
    func impossibleCount(input: Int, output: Int) async throws {
        try await StandInFixture.run { fixture in
            let model = model(fixture)
            fixture.standIn.behaviour = StandInBehaviour(
                usage: TokenUsage(inputTokens: input, outputTokens: output))
            let reply = try await model.generate(Self.request, context: .testing(runID: "a"))
            #expect(!reply.text.isEmpty && reply.costNanoUSD == Self.bound)
            #expect(try await fixture.money() == (Self.bound, 0))
            fixture.standIn.behaviour = StandInBehaviour()
            #expect(await failure(model, .testing(runID: "b")) == nil)
        }
    }

    @Test("a budget that waits has the questions of a model that cost too much wait for the model")
    func breachWaits() async throws {
        try await StandInFixture.run(budgets: [StandInFixture.budget(exhausted: .waitUntilReset)]) { fixture in
            let model = model(fixture)
            fixture.standIn.behaviour = StandInBehaviour(usage: TokenUsage(inputTokens: 5000, outputTokens: 1))
            _ = try await model.generate(Self.request, context: .testing(runID: "a"))
            #expect(await trouble(model, .testing(runID: "b"))?.kind == .breach)
            #expect(fixture.standIn.received.count == 1)
        }
    }

    @Test(
        "a call that was paid for twice in vain is not paid a third time, by whichever host",
        arguments: [StandInBehaviour.Fault.stall, .fail, .garble])
    func inDoubtTwice(fault: StandInBehaviour.Fault) async throws {
        try await StandInFixture.run { fixture in
            fixture.standIn.behaviour = .next(3, fault)
            // Each a host of its own, which knows nothing of the others.
            for attempt in 1...2 {
                let host = model(fixture, callTimeout: .milliseconds(300))
                #expect(await trouble(host, .testing(attempt: attempt)) != nil)
            }
            let third = await failure(model(fixture), .testing(attempt: 1))
            #expect(third == .answerInDoubt(chargedNanoUSD: 2 * Self.bound))
            #expect(fixture.standIn.received.count == 2)
            let money = try await fixture.money()
            #expect(money == (2 * Self.bound, 0))
            // Another question's call is another one.
            fixture.standIn.behaviour = StandInBehaviour()
            #expect(await failure(model(fixture), .testing(runID: "other")) == nil)
        }
    }

    @Test("what killed hosts left behind is part of the question's cost, and counts as paid for in vain")
    func orphans() async throws {
        try await StandInFixture.run { fixture in
            func orphan(_ prompt: String, _ context: InvocationContext = .testing()) async throws {
                let call = PaidCall(
                    id: CallID(
                        questionID: context.runID, function: context.functionName, ordinal: 0, digest: prompt),
                    model: StandInFixture.model, tenant: nil, inputBytes: 100, outputTokensMax: 0)
                // Dropped without an end, as by a process that is gone.
                switch try await fixture.governor.reserve(call) {
                case .held: break
                default: Issue.record("not held")
                }
            }
            try await orphan("other passages", .testing(runID: "once"))
            let orphanCost = try await fixture.money().spent
            #expect(orphanCost == 116 * 3180)
            for attempt in 1...2 {
                let reply = try await model(fixture).generate(
                    Self.request, context: .testing(runID: "once", attempt: attempt))
                #expect(try await fixture.money().spent == reply.costNanoUSD)
            }
            #expect(fixture.standIn.received.count == 1)

            try await orphan("some passages")
            try await orphan("other passages")
            #expect(await failure(model(fixture)) == .answerInDoubt(chargedNanoUSD: 2 * orphanCost))
            #expect(fixture.standIn.received.count == 1)
            #expect(try await fixture.money().held == 0)
        }
    }

    @Test("where a budget names a fallback model, that is asked instead of a third time")
    func inDoubtFallback() async throws {
        let (main, other) = (StandInFixture.model.model, StandInFixture.fallback.model)
        let budgets = [
            StandInFixture.budget("large", models: [main], exhausted: .fallbackModel(other)),
            StandInFixture.budget("small", models: [other]),
        ]
        try await StandInFixture.run(budgets: budgets) { fixture in
            fixture.standIn.behaviour = .next(2, .fail)
            for _ in 1...2 { #expect(await trouble(model(fixture)) != nil) }
            let reply = try await model(fixture).generate(Self.request, context: .testing())
            #expect(reply.model == other)
        }
    }

    @Test("after three calls in doubt, from whichever questions, nothing is called or held")
    func circuit() async throws {
        try await StandInFixture.run { fixture in
            fixture.standIn.behaviour = .next(100, .fail)
            let model = model(fixture)
            for number in 1...20 { #expect(await trouble(model, .testing(runID: "q\(number)")) != nil) }
            #expect(fixture.standIn.received.count == 3)
            let money = try await fixture.money()
            #expect(money == (3 * Self.bound, 0))
            let trouble = await trouble(model, .testing(runID: "last"))
            #expect(trouble?.kind == .circuitOpen)
            #expect(trouble?.description == "model-circuit-open (InternalServerException)")
            #expect(trouble?.pause ?? .zero > .seconds(10))
            // A host that has just started learns it from the ledger.
            #expect(await self.trouble(self.model(fixture), .testing(runID: "else"))?.kind == .circuitOpen)
            #expect(fixture.standIn.received.count == 3)
            #expect(try await fixture.money() == (3 * Self.bound, 0))
        }
    }

    @Test("twenty questions at once never pass the limit, and each is answered or refused")
    func concurrent() async throws {
        let budget = StandInFixture.budget(nanoUSD: 3 * Self.bound)
        try await StandInFixture.run(budgets: [budget]) { fixture in
            let model = model(fixture)
            let errors = await withTaskGroup(of: LanguageModelError?.self) { group in
                for number in 0..<20 {
                    group.addTask { await failure(model, .testing(runID: "question-\(number)")) }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            let money = try await fixture.money()
            #expect(money.spent <= 3 * Self.bound && money.held == 0)
            let answered = errors.count { $0 == nil }
            #expect(answered >= 3)
            #expect(fixture.standIn.received.count == answered)
        }
    }
}
