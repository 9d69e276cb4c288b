import FunctionKit
import FunctionTesting
import Logging
import Testing

@Suite("A function under test", .timeLimit(.minutes(1)))
struct WithFunctionTests {
    private struct Glitch: Error {}

    /// Does what its input says, with all that it was given.
    private struct Worker: Function {
        struct Input: Decodable, Sendable { let task: String }
        struct Output: Encodable, Sendable { let found: Int }

        let model: InMemoryLanguageModel
        let index = InMemoryPassageIndex([.testing()])

        func invoke(_ input: Input, context: InvocationContext) async throws -> Output {
            context.logger.trace(
                "begins", metadata: ["tenant": "\(context.tenant ?? "-")", "attempt": "\(context.attempt)"])
            switch input.task {
            case "stall": try await Task.sleep(for: .seconds(60))
            case "glitch": throw Glitch()
            case "permanent": throw FunctionError.permanent("no")
            default: break
            }
            let found = try await index.search(input.task, limit: 3, context: context)
            let request = ModelRequest(prompt: input.task, maxTokens: 8, temperature: 0, topP: 1)
            _ = try await model.generate(request, context: context)
            return Output(found: found.count)
        }
    }

    private func work(
        _ payload: String, model: InMemoryLanguageModel = InMemoryLanguageModel("yes"), timeout: Duration = .seconds(30)
    ) async -> InvocationOutcome<Worker.Output> {
        await withFunction(Worker(model: model), named: "worker", timeout: timeout) {
            await $0.invoke(payload, tenant: "t")
        }
    }

    @Test("shows output, cost, calls and log lines")
    func output() async {
        let outcome = await work(#"{"task": "goods"}"#)
        #expect(outcome.output?.found == 1 && outcome.json == #"{"found":1}"#)
        #expect(outcome.error == nil && outcome.disposition == nil && outcome.code == nil)
        #expect(outcome.costNanoUSD == 402_000)
        let request = ModelRequest(prompt: "goods", maxTokens: 8, temperature: 0, topP: 1)
        #expect(outcome.calls == [.search("goods", limit: 3), .model(request)])
        #expect(outcome.logLines == ["trace begins attempt=1 tenant=t"])
    }

    @Test("shows what a host does with the message of one that fails")
    func errors() async {
        for (payload, code, disposition) in [
            (#"{"task": "glitch"}"#, "error", Disposition.retry), (#"{"task": "permanent"}"#, "permanent", .deadLetter),
            ("{}", "undecodable", .deadLetter), ("{", "undecodable", .deadLetter),
        ] {
            let outcome = await work(payload)
            #expect(outcome.code == code && outcome.disposition == disposition && outcome.json == nil)
            #expect(outcome.calls.isEmpty && outcome.output == nil)
        }
        let missing = await work("{}")
        #expect("\(missing.error.map { "\($0)" } ?? "")".hasSuffix("task: it is missing"))
    }

    @Test("charges for calls that brought no answer")
    func charges() async {
        let outcome = await work(
            #"{"task": "goods"}"#, model: InMemoryLanguageModel([.failure(.answerInDoubt(chargedNanoUSD: 7))]))
        #expect(outcome.costNanoUSD == 7 && outcome.calls.count == 2 && outcome.code == "model-answer-in-doubt")
    }

    @Test("cancels one that takes longer than it may")
    func timeout() async {
        let outcome = await work(#"{"task": "stall"}"#, timeout: .milliseconds(20))
        #expect(outcome.code == "timeout" && outcome.disposition == .retry)
    }

    @Test("keeps the calls of invocations at the same time apart")
    func atOnce() async {
        await withFunction(Worker(model: InMemoryLanguageModel { _ in .testing() })) { worker in
            await withTaskGroup { group in
                for number in 0..<50 {
                    group.addTask {
                        let outcome = await worker.invoke(#"{"task": "\#(number)"}"#, runID: "\(number)")
                        #expect(outcome.calls.first == .search("\(number)", limit: 3) && outcome.calls.count == 2)
                    }
                }
            }
        }
    }
}
