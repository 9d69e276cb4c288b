import FunctionKit
import FunctionTesting
import Testing

@Suite("InMemoryLanguageModel")
struct InMemoryLanguageModelTests {
    private func request(_ prompt: String = "Why?") -> ModelRequest {
        ModelRequest(prompt: prompt, maxTokens: 10, temperature: 0, topP: 1)
    }

    @Test("Follows its script, then is unavailable")
    func script() async throws {
        let model = InMemoryLanguageModel([
            .success(.testing("one")), .failure(.rejected(code: "x")), .success(.testing("two")),
        ])
        let context = InvocationContext.testing()
        #expect(try await model.generate(request(), context: context).text == "one")
        await #expect(throws: LanguageModelError.rejected(code: "x")) {
            try await model.generate(request(), context: context)
        }
        #expect(try await model.generate(request(), context: context).text == "two")
        await #expect(throws: LanguageModelError.hostTrouble(.usedUp)) {
            try await model.generate(request(), context: context)
        }
        #expect(model.requests.count == 4)
    }

    @Test("Answers from a closure and keeps what it was asked")
    func closure() async throws {
        let model = InMemoryLanguageModel { request in .testing(request.prompt.uppercased()) }
        #expect(try await model.generate(request("a"), context: .testing()).text == "A")
        #expect(try await model.generate(request("b"), context: .testing()).text == "B")
        #expect(model.requests.map(\.prompt) == ["a", "b"])
    }

    @Test("A redelivery gets the stored reply and pays nothing")
    func redelivery() async throws {
        let model = InMemoryLanguageModel("one", "two", "three", "four")
        let first = try await model.generate(request(), context: .testing(runID: "q", attempt: 1))
        let again = try await model.generate(request(), context: .testing(runID: "q", attempt: 2))
        #expect(first == again)
        #expect(model.requests.count == 1)
        // Another question, another function and another request are other calls.
        #expect(try await model.generate(request(), context: .testing(runID: "r")).text == "two")
        #expect(
            try await model.generate(request(), context: .testing(runID: "q", functionName: "f")).text == "three")
        #expect(try await model.generate(request("Who?"), context: .testing(runID: "q")).text == "four")
    }

    @Test("An error is not stored")
    func errorIsRepeatable() async throws {
        let model = InMemoryLanguageModel([.failure(.hostTrouble(.usedUp)), .success(.testing("one"))])
        await #expect(throws: LanguageModelError.hostTrouble(.usedUp)) {
            try await model.generate(request(), context: .testing(attempt: 1))
        }
        #expect(try await model.generate(request(), context: .testing(attempt: 2)).text == "one")
    }

    @Test("Makes no call without time, but still answers from the store")
    func noTimeLeft() async throws {
        let model = InMemoryLanguageModel("one")
        await #expect(throws: LanguageModelError.noTimeLeft) {
            try await model.generate(request(), context: .testing(timeout: .zero))
        }
        #expect(model.requests.isEmpty)
        _ = try await model.generate(request(), context: .testing())
        #expect(try await model.generate(request(), context: .testing(timeout: .zero)).text == "one")
    }

    @Test("The same call at the same time is in flight", .timeLimit(.minutes(1)))
    func inFlight() async throws {
        let (began, reportBegin) = AsyncStream.makeStream(of: Void.self)
        let (released, release) = AsyncStream.makeStream(of: Void.self)
        let model = InMemoryLanguageModel { _ in
            reportBegin.yield()
            for await _ in released { break }
            return .testing("one")
        }
        async let first = model.generate(request(), context: .testing(attempt: 1))
        for await _ in began { break }
        await #expect(throws: LanguageModelError.inFlight) {
            try await model.generate(request(), context: .testing(attempt: 2))
        }
        release.yield()
        #expect(try await first.text == "one")
        #expect(model.requests.count == 1)
    }
}
