import Testing

@testable import BedrockStandIn

@Suite
struct ExtractiveWriterTests {
    private static let instruction =
        #"Be kind. If the passages do not answer the question, reply with exactly: "I do not know.""#

    private static let passages = """
        [defects] When goods count as defective
        Goods are defective when they have any fault, e.g. a fridge that does not cool.
        A commission can order the seller to:
        - repair the machine;
        - replace it with a new one;
        - return the price.
        Law: Consumer Protection Act 2019, section 39.

        [fees] What a complaint costs
        A complaint about goods worth less than Rs. 5 lakh costs no fee. Above that
        the fee rises with the price.

        [mediation] Mediation
        A mediator helps both sides to agree.
        """

    private func answer(_ question: String, passages: String = passages, system: String = instruction) -> String {
        let prompt = """
            <|begin_of_text|><|start_header_id|>system<|end_header_id|>

            \(system)<|eot_id|><|start_header_id|>user<|end_header_id|>

            Passages:

            \(passages)

            Question: \(question)<|eot_id|><|start_header_id|>assistant<|end_header_id|>


            """
        return ExtractiveWriter(Conversation(prompt)).answer
    }

    @Test("the prompt is read into passages, question and the reply for what they do not answer")
    func conversation() {
        let conversation = Conversation(
            """
            <|start_header_id|>system<|end_header_id|>

            Hello.
            \(Self.instruction)<|eot_id|><|start_header_id|>user<|end_header_id|>

            Passages:

            [a b] A heading
            one
            [not an id] this is text
            two

            [c] Other
            three

            Question: what?<|eot_id|>
            """)
        #expect(conversation.question == "what?")
        #expect(conversation.unanswerable == "I do not know.")
        #expect(
            conversation.passages == [
                .init(id: "a b", heading: "A heading", lines: ["one", "[not an id] this is text", "two"]),
                .init(id: "c", heading: "Other", lines: ["three"]),
            ])
    }

    @Test("sentences survive abbreviations, wrapped lines and lists, and sources are left out")
    func sentences() {
        let lines = Self.passages.split(separator: "\n").map { String($0) }
        #expect(
            PassageText.sentences(Array(lines[1...6])) == [
                "Goods are defective when they have any fault, e.g. a fridge that does not cool.",
                "A commission can order the seller to: repair the machine; replace it with a new one; return the price.",
            ])
        #expect(
            PassageText.sentences(["It costs Rs. 5. Above that", "the fee rises (a lot)."]) == [
                "It costs Rs. 5.", "Above that the fee rises (a lot).",
            ])
    }

    @Test("an answer is made of whole sentences, each with its passage's id, in the passages' order")
    func answer() {
        let text = answer("My fridge has a fault. What does a complaint about defective goods cost?")
        #expect(
            text.hasPrefix("Goods are defective when they have any fault, e.g. a fridge that does not cool. [defects] ")
        )
        #expect(text.contains("A complaint about goods worth less than Rs. 5 lakh costs no fee. [fees]"))
        #expect(!text.contains("Law:"))
        let ids = text.matches(of: /\[([a-z]+)\]/).map { String($0.output.1) }
        #expect((3...5).contains(ids.count))
        #expect(ids == ids.sorted())
    }

    @Test(
        "a question beside the passages gets the reply that the prompt asks for",
        arguments: [
            "How tall is the tower in Paris?", "What is the weather tomorrow?", "",
        ])
    func unanswerable(question: String) {
        #expect(answer(question) == "I do not know.")
    }

    @Test("without such an instruction the best that there is comes back")
    func noInstruction() {
        #expect(answer("How tall is the tower?", system: "Be kind.").contains("[defects]"))
        #expect(answer("How tall is the tower?", passages: "", system: "Be kind.").isEmpty)
    }

    @Test(
        "words meet whatever their endings",
        arguments: [
            ("refund", "refunded"), ("complaint", "complaining"), ("defective", "defects"), ("companies", "company"),
            ("deliveries", "delivered"), ("price", "prices"),
        ])
    func terms(one: String, other: String) {
        #expect(Terms.of(one) == Terms.of(other))
    }

    @Test("stop words carry no meaning")
    func stopWords() {
        #expect(Terms.of("What can I do about this?").isEmpty)
    }
}
