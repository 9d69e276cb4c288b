import Bedrock
import BedrockStandIn
import Foundation
import FunctionKit
import FunctionTesting
import Spending
import Testing

@Suite(.timeLimit(.minutes(1)))
struct GovernedEmbeddingsTests {
    private static let texts = (1...20).map { "Passage \($0) is about a kettle." }

    private func embeddings(_ fixture: StandInFixture, _ model: EmbeddingModel) -> GovernedEmbeddings {
        GovernedEmbeddings(
            governor: fixture.governor, client: fixture.client, model: model, region: StandInFixture.model.region,
            callTimeout: .seconds(30))
    }

    @Test("each text gets its vector, and all are charged what was read", arguments: EmbeddingModel.allCases)
    func vectors(model: EmbeddingModel) async throws {
        try await StandInFixture.run { fixture in
            // One text twice at once, and once again later.
            let texts = [Self.texts[0]] + Self.texts + [Self.texts[0]]
            let vectors = try await embeddings(fixture, model).vectors(
                of: texts, for: .document, context: .testing())
            #expect(vectors.count == 22 && vectors.allSatisfy { $0.count == 1024 })
            #expect(vectors[0] == vectors[1] && vectors[0] == vectors[21] && vectors[0] != vectors[2])
            let money = try await fixture.money()
            #expect(money.spent > 0 && money.spent % 20 == 0 && money.held == 0)
            let most = try GovernedEmbeddings.costMax(
                of: texts, by: model, at: StandInFixture.embeddingPrice(model))
            #expect(money.spent < most.nanoUSD)
        }
    }

    @Test(
        "a count that cannot be true is doubt, and of two that can the higher is paid",
        arguments: [
            // The headers' count alone, or beside the body's own.
            (EmbeddingModel.cohereEnglish, 0, 44), (.cohereEnglish, 999_999_999, 44), (.cohereEnglish, -1, 44),
            (.cohereEnglish, 40, 40), (.titanV2, 40, 40),
        ])
    func counts(model: EmbeddingModel, counted: Int, paid: Int64) async throws {
        try await StandInFixture.run { fixture in
            fixture.standIn.behaviour = StandInBehaviour(
                usage: TokenUsage(inputTokens: counted, outputTokens: 0))
            let text = Self.texts[0]
            // A token a byte and 16 more.
            #expect(text.utf8.count + 16 == 44)
            let vectors = try await embeddings(fixture, model).vectors(of: [text], for: .query, context: .testing())
            #expect(vectors.count == 1)
            #expect(try await fixture.money() == (paid * 20, 0))
        }
    }

    @Test("what is estimated is what is held", arguments: [EmbeddingModel.titanV2, .cohereEnglish])
    func estimate(model: EmbeddingModel) throws {
        let most = try GovernedEmbeddings.costMax(
            of: Self.texts, by: model, at: StandInFixture.embeddingPrice(model))
        let bytes = Self.texts.reduce(0) { $0 + $1.utf8.count }
        // A call a text, or one for all.
        let calls = model == .titanV2 ? 20 : 1
        #expect(most.nanoUSD == Int64(bytes + 20 * 8 + calls * 8) * 20)
    }

    @Test("the same texts again are not paid again", arguments: EmbeddingModel.allCases)
    func again(model: EmbeddingModel) async throws {
        try await StandInFixture.run { fixture in
            let embeddings = embeddings(fixture, model)
            let first = try await embeddings.vectors(of: Self.texts, for: .document, context: .testing())
            let (spent, calls) = (try await fixture.money().spent, fixture.standIn.received.count)
            let second = try await embeddings.vectors(of: Self.texts, for: .document, context: .testing())
            #expect(first == second)
            #expect(try await fixture.money().spent == spent)
            #expect(fixture.standIn.received.count == calls)
        }
    }

    @Test("a vector whose stored answer was deleted is bought again")
    func forgotten() async throws {
        try await StandInFixture.run { fixture in
            let embeddings = embeddings(fixture, .titanV2)
            let first = try await embeddings.vectors(of: ["kettle"], for: .query, context: .testing())
            let spent = try await fixture.money().spent
            _ = try await fixture.governor.ledger.forgetResponses(olderThan: .seconds(-60))
            #expect(try await embeddings.vectors(of: ["kettle"], for: .query, context: .testing()) == first)
            #expect(try await fixture.money().spent == 2 * spent)
        }
    }

    @Test("Cohere is told what the texts are for")
    func use() async throws {
        try await StandInFixture.run { fixture in
            for use in [EmbeddingUse.document, .query] {
                _ = try await embeddings(fixture, .cohereEnglish).vectors(
                    of: ["kettle"], for: use, context: .testing())
            }
            let bodies = fixture.standIn.received.map { String(decoding: $0.body, as: UTF8.self) }
            #expect(
                bodies
                    == ["document", "query"].map {
                        #"{"input_type":"search_\#($0)","texts":["kettle"],"truncate":"NONE"}"#
                    })
        }
    }

    @Test("without room nothing is called and nothing held")
    func noRoom() async throws {
        try await StandInFixture.run(budgets: [StandInFixture.budget(nanoUSD: 100)]) { fixture in
            let error = await #expect(throws: LanguageModelError.self) {
                try await embeddings(fixture, .titanV2).vectors(of: ["kettle"], for: .query, context: .testing())
            }
            if case .budgetExhausted = error {} else { Issue.record("\(String(describing: error))") }
            #expect(fixture.standIn.received.isEmpty)
            let money = try await fixture.money()
            #expect(money == (0, 0))
        }
    }

    @Test("a text of a document that two killed runs were at is bought again, and the others once")
    func killed() async throws {
        try await StandInFixture.run { fixture in
            let embeddings = embeddings(fixture, .titanV2)
            for use in [EmbeddingUse.document, .query] {
                let context = InvocationContext.testing(runID: use.rawValue)
                for _ in 1...2 {
                    fixture.standIn.behaviour = .next(1, .hangUp)
                    _ = try? await embeddings.vectors(of: ["kettle"], for: use, context: context)
                }
                fixture.standIn.behaviour = StandInBehaviour()
                // The circuit counts only what is in a row.
                _ = try await embeddings.vectors(of: ["lid"], for: use, context: context)
                let calls = fixture.standIn.received.count
                do throws(LanguageModelError) {
                    let vectors = try await embeddings.vectors(of: ["kettle", "spout"], for: use, context: context)
                    #expect(use == .document && vectors.count == 2)
                    #expect(fixture.standIn.received.count == calls + 2)
                } catch {
                    guard use == .query, case .answerInDoubt = error else {
                        Issue.record("\(error)")
                        continue
                    }
                }
            }
        }
    }

    @Test("what may have been sent is charged in full, what surely was not is released")
    func faults() async throws {
        try await StandInFixture.run { fixture in
            fixture.standIn.behaviour = StandInBehaviour(faults: [.hangUp, .throttle])
            for kind in [HostTrouble.Kind.unavailable, .throttled] {
                let error = await #expect(throws: LanguageModelError.self) {
                    try await embeddings(fixture, .titanV2).vectors(
                        of: ["kettle"], for: .query, context: .testing(runID: "\(kind)"))
                }
                guard case .hostTrouble(let trouble) = error else {
                    Issue.record("\(String(describing: error))")
                    continue
                }
                #expect(trouble.kind == kind)
            }
            // The hang-up's bound: 6 bytes, 8 for the text and 8 for the call.
            let money = try await fixture.money()
            #expect(money == (22 * 20, 0))
        }
    }
}
