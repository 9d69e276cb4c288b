import Answers
import Foundation
import FunctionKit
import FunctionTesting
import LLMConnector
import PSQLWorker
import Testing

private let unanswerableSentence = "The notes I have do not answer this question."
private let samplePassages = [
    Passage.testing(id: "defective-goods", heading: "Defective goods"),
    .testing(
        id: "cpa2019/s2(7)", heading: "Consumer",
        text: "Who buys is a consumer. The fee is Rs. 500 at most. Who resells is none."),
]

private func refusal(_ policy: ExhaustedPolicy) -> BudgetRefusal {
    BudgetRefusal(budget: "daily", policy: policy, opensAt: Date(timeIntervalSince1970: 0))
}

@Suite("llm-connector")
struct LLMConnectorTests {
    private func answer(
        _ reply: ModelReply, question: String = "What is the fee?", passages: [Passage] = samplePassages
    ) async throws -> CitedAnswer {
        try await LLMConnector(model: InMemoryLanguageModel([.success(reply)]))
            .invoke(QuestionWithPassages(question: question, passages: passages), context: .testing())
    }

    @Test("Gives the answer with its citations, tokens and price")
    func output() async throws {
        let model = InMemoryLanguageModel("Return it. [defective-goods]")
        let outcome = await withFunction(LLMConnector(model: model)) { function in
            await function.invoke(
                #"{"question":"Can I?","passages":[{"id":"defective-goods","heading":"H","text":"T","score":1}]}"#)
        }
        let expected =
            #"{"answer":"Return it. [defective-goods]","citations":[{"heading":"H","id":"defective-goods"}],"#
            + #""cost_nano_usd":402000,"degraded":false,"model":"in-memory-model","#
            + #""passages":[{"heading":"H","id":"defective-goods","score":1,"text":"T"}],"question":"Can I?","#
            + #""usage":{"input_tokens":100,"output_tokens":20}}"#
        #expect(outcome.json == expected)
        #expect(outcome.costNanoUSD == 402_000 && outcome.calls == model.requests.map(FunctionCall.model))
    }

    @Test("Asks with the parameters that it was made with")
    func parameters() async throws {
        let model = InMemoryLanguageModel("Yes. [defective-goods]", "Yes. [defective-goods]")
        let input = QuestionWithPassages(question: "Can I?", passages: samplePassages)
        _ = try await LLMConnector(model: model).invoke(input, context: .testing(runID: "a"))
        let other = ModelParameters(maxTokens: 64, temperature: 0, topP: 0.5, promptBytesMax: 4_000)
        _ = try await LLMConnector(model: model, parameters: other).invoke(input, context: .testing(runID: "b"))
        #expect(model.requests.map(\.maxTokens) == [512, 64])
        #expect(model.requests.map(\.temperature) == [0.2, 0])
        #expect(model.requests.map(\.topP) == [0.9, 0.5])
    }

    @Test("A redelivery asks and pays nothing again")
    func redelivery() async throws {
        let model = InMemoryLanguageModel("Yes. [defective-goods]")
        let payload = #"{"question":"Can I?","passages":[{"id":"a","heading":"H","text":"T","score":1}]}"#
        await withFunction(LLMConnector(model: model)) { function in
            let first = await function.invoke(payload, attempt: 1)
            let again = await function.invoke(payload, attempt: 2)
            #expect(first.calls.count == 1 && again.calls.isEmpty)
            #expect(again.json != nil && again.json == first.json && again.costNanoUSD == first.costNanoUSD)
        }
    }

    @Test("Without passages the model is not asked")
    func noPassages() async throws {
        let model = InMemoryLanguageModel("Yes.")
        let answer = try await LLMConnector(model: model)
            .invoke(QuestionWithPassages(question: "Bread?", passages: []), context: .testing())
        #expect(answer.answer == "The notes hold nothing about this question, so I cannot answer it.")
        #expect(answer.citations.isEmpty && !answer.isDegraded && answer.model == nil && answer.costNanoUSD == 0)
        #expect(model.requests.isEmpty)
    }

    @Test(
        "What the passages do not answer has no citations, but its price",
        arguments: [
            unanswerableSentence, "\"\(unanswerableSentence)\"", "\(unanswerableSentence) [defective-goods]",
            "  \(unanswerableSentence)\n",
            unanswerableSentence.lowercased(), "\(unanswerableSentence) [made-up]",
        ])
    func notAnswered(text: String) async throws {
        let answer = try await answer(.testing(text))
        #expect(answer.answer == unanswerableSentence)
        #expect(answer.citations.isEmpty)
        #expect(!answer.isDegraded)
        #expect(answer.costNanoUSD == 402_000)
    }

    @Test("An answer that was cut ends at its last full sentence")
    func cutAnswer() async throws {
        let text = "Return it. [defective-goods] The fee is Rs. 500. [cpa2019/s2(7)] The seller mu"
        let answer = try await answer(.testing(text, stopReason: .length))
        #expect(answer.answer == "Return it. [defective-goods] The fee is Rs. 500. [cpa2019/s2(7)]")
        #expect(answer.citations.count == 2)
        #expect(try await self.answer(.testing(text)).answer == text)
    }

    @Test("A spent budget gives an extract that says so", arguments: ["What is the fee?", "Bread?"])
    func budgetSpent(question: String) async throws {
        let model = InMemoryLanguageModel([.failure(.budgetExhausted(refusal(.answerWithoutModel)))])
        let answer = try await LLMConnector(model: model)
            .invoke(QuestionWithPassages(question: question, passages: samplePassages), context: .testing())
        let sentence = question == "Bread?" ? "Who buys is a consumer." : "The fee is Rs. 500 at most."
        #expect(
            answer.answer
                == """
                The budget `daily` has no room for a call. So this is an extract of the notes, made without the model.

                Defective goods: A defective good may be returned. [defective-goods]

                Consumer: \(sentence) [cpa2019/s2(7)]
                """)
        #expect(answer.citations.map(\.id) == ["defective-goods", "cpa2019/s2(7)"])
        #expect(answer.isDegraded && answer.model == nil && answer.costNanoUSD == 0)
        #expect(answer.usage == TokenUsage(inputTokens: 0, outputTokens: 0))
    }

    @Test("An extract joins wrapped lines and lists, and leaves out the line of sources")
    func extractOfWrappedNote() async throws {
        let model = InMemoryLanguageModel([.failure(.budgetExhausted(refusal(.answerWithoutModel)))])
        let text = """
            The seller must refund the price, where the goods
            are faulty. What to attach to a claim for a refund:

            - the bill, with its
              date;
            - photographs.

            Ask in writing.

            Law: Refund Act, section 2.
            """
        let answer = try await LLMConnector(model: model).invoke(
            QuestionWithPassages(
                question: "Who must refund faulty goods?",
                passages: [.testing(id: "x", heading: "Refunds", text: text)]), context: .testing())
        #expect(
            answer.answer.hasSuffix(
                "Refunds: The seller must refund the price, where the goods are faulty."
                    + " What to attach to a claim for a refund: the bill, with its date; photographs. [x]"))
    }

    @Test("An extract takes the sentences that fit the question, in the passage's order")
    func extractPicks() async throws {
        let model = InMemoryLanguageModel([.failure(.budgetExhausted(refusal(.answerWithoutModel)))])
        let text = "General words. Refunds take ten days. Nothing here. A refunded price includes the delivery charge."
        let answer = try await LLMConnector(model: model).invoke(
            QuestionWithPassages(
                question: "When is the delivery charge refunded?",
                passages: [.testing(id: "x", heading: "Refunds", text: text)]), context: .testing())
        #expect(
            answer.answer.hasSuffix(
                "Refunds: Refunds take ten days. A refunded price includes the delivery charge. [x]"))
    }

    @Test("An answer without text is replaced by an extract and keeps its price", arguments: ["", " \n", "[made-up]."])
    func noText(text: String) async throws {
        let answer = try await answer(.testing(text))
        #expect(answer.answer.hasPrefix("The model gave no answer, so this is an extract of the notes"))
        #expect(answer.isDegraded)
        #expect(answer.costNanoUSD == 402_000)
        #expect(answer.model == "in-memory-model")
    }

    @Test("A model that was paid for twice in vain, or cost too much, is answered without, and the answer says so")
    func withoutModel() async throws {
        var breached = refusal(.answerWithoutModel)
        breached.cause = .breached
        breached.chargedNanoUSD = 17
        for (error, reason, cost) in [
            (
                LanguageModelError.answerInDoubt(chargedNanoUSD: 34),
                "The model was asked twice and gave no answer, so", 34
            ),
            (.budgetExhausted(breached), "The model is not asked at present, because it cost more than it may, so", 17),
        ] as [(LanguageModelError, String, Int64)] {
            let answer = try await LLMConnector(model: InMemoryLanguageModel([.failure(error)]))
                .invoke(QuestionWithPassages(question: "Can I?", passages: samplePassages), context: .testing())
            #expect(answer.answer.hasPrefix(reason), "\(answer.answer)")
            #expect(answer.isDegraded && answer.model == nil && answer.costNanoUSD == cost)
        }
    }

    @Test(
        "Every other error of the model passes through",
        arguments: [
            .inFlight, .noTimeLeft, .answerForgotten, .ledgerUnavailable,
            .hostTrouble(HostTrouble(.throttled, code: "model-throttled")),
            .hostTrouble(HostTrouble(.breach, code: "model-bound-breached")),
            .rejected(code: "ValidationException"), .unreadableAnswer, .budgetExhausted(refusal(.reject)),
            .budgetExhausted(refusal(.waitUntilReset)), .budgetExhausted(refusal(.fallbackModel("small"))),
        ] as [LanguageModelError])
    func errors(error: LanguageModelError) async throws {
        await #expect(throws: error) {
            _ = try await LLMConnector(model: InMemoryLanguageModel([.failure(error)]))
                .invoke(QuestionWithPassages(question: "Can I?", passages: samplePassages), context: .testing())
        }
    }

    @Test("An empty question can never succeed, and is not paid for")
    func emptyQuestion() async throws {
        let model = InMemoryLanguageModel("Yes.")
        let error = try await #require(throws: FunctionError.self) {
            _ = try await LLMConnector(model: model)
                .invoke(QuestionWithPassages(question: " ", passages: samplePassages), context: .testing())
        }
        #expect(error.disposition == .deadLetter)
        #expect(model.requests.isEmpty)
    }

    @Test("Each sample event is a valid input, and its output one of psql-worker")
    func events() async throws {
        let folder = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../functions/llm-connector/events")
            .standardizedFileURL
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(!names.isEmpty)
        for name in names {
            let event = try Data(contentsOf: folder.appendingPathComponent(name))
            let context = InvocationContext.testing(runID: name)
            let output = try await AnyFunction(LLMConnector(model: InMemoryLanguageModel("Yes. [defective-goods]")))
                .invoke(event, context: context)
            let kept = try await AnyFunction(PSQLWorker()).invoke(output, context: context)
            #expect(try JSONDecoder().decode(AnsweredQuestion.self, from: kept).id == name)
        }
    }
}
