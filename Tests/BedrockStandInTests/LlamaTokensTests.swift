import Bedrock
import FunctionKit
import TestSupport
import Testing

@testable import BedrockStandIn

@Suite
struct LlamaTokensTests {
    @Test(
        "text falls into words, numbers, marks and line ends",
        arguments: [
            ("You can return it.", ["You", " can", " return", " it", "."]),
            ("defectiveness", ["defect", "iven", "ess"]), (" consumer", [" consum", "er"]),
            ("12345 items", ["123", "45", " items"]), ("a  b", ["a", " ", " b"]), ("a\n\nb", ["a", "\n\n", "b"]),
            ("ab 12", ["ab", " ", "12"]), ("?!?!", ["?!?", "!"]), ("माल", ["मा", "ल"]), ("", []),
            ("<|begin_of_text|><|eot_id|>x<y", ["<|begin_of_text|>", "<|eot_id|>", "x", "<", "y"]),
        ])
    func split(text: String, tokens: [String]) {
        #expect(LlamaTokens.split(text).map { String($0) } == tokens)
    }

    @Test("whatever the text, its tokens are the text, and no more than its bytes")
    func bound() {
        var random = SeededGenerator(seed: 20_251_026)
        let alphabet = Array("abcXYZ éß日本मा0123456789 .,!?<|>\n\t\r\"'👩‍👩‍👧ﷺ")
        for _ in 0..<500 {
            let text = String(
                (0..<Int.random(in: 0...80, using: &random)).compactMap { _ in alphabet.randomElement(using: &random) })
            let tokens = LlamaTokens.split(text)
            #expect(tokens.joined() == text)
            #expect(tokens.count <= text.utf8.count)
            #expect(!tokens.contains { $0.isEmpty })
        }
    }

    @Test("an answer is cut at the tokens asked for, and says so", arguments: [1, 5, 13, 14, 15, 2048])
    func cut(tokensMax: Int) throws {
        let prompt = "Passages:\n\n[a] Refund\nA refund takes thirty days.\n\nQuestion: How long takes a refund?"
        let whole = "A refund takes thirty days. [a]"
        let tokens = LlamaTokens.split(whole)
        let answer = try LlamaStandIn.answer(to: LlamaBody(prompt: prompt, outputTokensMax: tokensMax))
        let isWhole = tokens.count < tokensMax
        #expect(answer.stopReason == (isWhole ? .stop : .length))
        #expect(answer.generation == (isWhole ? whole : tokens.prefix(tokensMax).joined()))
        #expect(answer.outputTokens == (isWhole ? tokens.count + 1 : tokensMax))
        #expect(answer.inputTokens == LlamaTokens.split(prompt).count)
    }
}
