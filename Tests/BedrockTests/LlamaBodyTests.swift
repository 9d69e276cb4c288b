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
        #expect(whole.usage == TokenUsage(inputTokens: 3, outputTokens: 2))
        #expect(whole.stopReason == .length)
        let bare = try #require(LlamaResponse(Data(#"{"generation":"g","stop_reason":"stop"}"#.utf8)))
        #expect(bare.usage == nil)
        #expect(bare.generation == "g")
        let negative = Data(
            #"{"generation":"g","prompt_token_count":-3,"generation_token_count":2,"stop_reason":"stop"}"#.utf8)
        #expect(LlamaResponse(negative)?.usage == nil)
    }

    @Test("what is no answer is none", arguments: ["", "{}", "<html>", #"{"generation":1,"stop_reason":"stop"}"#])
    func unreadable(body: String) {
        #expect(LlamaResponse(Data(body.utf8)) == nil)
    }
}
