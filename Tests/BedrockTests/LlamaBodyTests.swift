import Bedrock
import Foundation
import FunctionKit
import Hashing
import Testing

@Suite
struct LlamaBodyTests {
    @Test("a request is always the same bytes, because their digest names the call")
    func request() throws {
        let request = LlamaRequest(prompt: "a/\u{1}é\"", outputTokensMax: 512, temperature: 0.2, topP: 0.9)
        let bytes = try request.encoded()
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"{"max_gen_len":512,"prompt":"a/\u0001é\"","temperature":0.2,"top_p":0.9}"#)
        #expect(SHA256.hex(bytes) == SHA256.hex(try request.encoded()))
    }

    @Test("a number that is none is refused")
    func notANumber() {
        let request = LlamaRequest(prompt: "a", outputTokensMax: 1, temperature: .nan, topP: 1)
        #expect(throws: (any Error).self) { try request.encoded() }
    }

    @Test("an answer is read with or without counts")
    func response() throws {
        let whole = try #require(
            LlamaResponse(
                Data(
                    #"{"generation":"g","prompt_token_count":3,"generation_token_count":2,"stop_reason":"length","x":1}"#
                        .utf8)))
        #expect(whole.counts == TokenCounts(input: 3, output: 2) && whole.textBytes == 1)
        #expect(whole.stopReason == .length)
        let bare = try #require(LlamaResponse(Data(#"{"generation":"g","stop_reason":"stop"}"#.utf8)))
        #expect(bare.counts == TokenCounts())
        #expect(bare.generation == "g")
        let negative = Data(
            #"{"generation":"g","prompt_token_count":-3,"generation_token_count":2,"stop_reason":"stop"}"#.utf8)
        #expect(LlamaResponse(negative)?.counts == TokenCounts(output: 2))
    }

    @Test(
        "a count that is no whole number from zero up is no count, and costs not the text",
        arguments: ["-3", "3.5", "\"3\"", "null", "true", "[3]", "{}", "1e40", "99999999999999999999", "-0.5"])
    func oddCount(count: String) throws {
        let body = #"{"generation":"g","prompt_token_count":\#(count),"generation_token_count":2,"stop_reason":"stop"}"#
        let answer = try #require(LlamaResponse(Data(body.utf8)))
        #expect(answer.generation == "g" && answer.counts == TokenCounts(output: 2))
        let titan = #"{"embedding":[0.5],"inputTextTokenCount":\#(count)}"#
        let vector = try #require(TitanEmbeddingAnswer(Data(titan.utf8)))
        #expect(vector.vectors == [[0.5]] && vector.counts == TokenCounts(output: 0))
    }

    @Test(
        "an answer is read whatever made the model stop",
        arguments: [#","stop_reason":"content_filtered""#, #","stop_reason":null"#, #","stop_reason":7"#, ""])
    func otherReason(field: String) throws {
        let body = #"{"generation":"g","prompt_token_count":3,"generation_token_count":2\#(field)}"#
        let answer = try #require(LlamaResponse(Data(body.utf8)))
        #expect(answer.stopReason == .other && answer.generation == "g")
        #expect(answer.counts == TokenCounts(input: 3, output: 2))
        // A filter may leave nothing of the text; the counts are there all the same.
        let bare = try #require(LlamaResponse(Data(#"{"generation":null,"prompt_token_count":3}"#.utf8)))
        #expect(bare.generation.isEmpty && bare.textBytes == 0)
    }

    @Test("what is no answer is none", arguments: ["", "{}", "<html>", #"{"generation":1,"stop_reason":"stop"}"#])
    func unreadable(body: String) {
        #expect(LlamaResponse(Data(body.utf8)) == nil)
    }
}
