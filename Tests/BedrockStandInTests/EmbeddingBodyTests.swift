import Foundation
import Testing

@testable import BedrockStandIn

@Suite
struct EmbeddingBodyTests {
    @Test(
        "Titan's bodies are refused as Bedrock refuses them",
        arguments: [
            "", "[]", #"{"text": "a"}"#, #"{"inputText": ""}"#, #"{"inputText": "a", "dimensions": 300}"#,
            #"{"inputText": "\#(String(repeating: "a", count: 50_001))"}"#,
        ])
    func titan(body: String) {
        let error = #expect(throws: ServiceException.self) { try EmbeddingBody.titan(Data(body.utf8)) }
        #expect(error?.status == 400 && error?.code == "ValidationException")
    }

    @Test(
        "Cohere's likewise",
        arguments: [
            "", #"{"texts": ["a"]}"#, #"{"texts": [], "input_type": "search_query"}"#,
            #"{"texts": ["a"], "input_type": "other"}"#, #"{"texts": [""], "input_type": "search_query"}"#,
            #"{"texts": [\#(Array(repeating: #""a""#, count: 97).joined(separator: ","))], "input_type": "search_query"}"#,
            #"{"texts": ["\#(String(repeating: "a", count: 2049))"], "input_type": "search_query"}"#,
        ])
    func cohere(body: String) {
        let error = #expect(throws: ServiceException.self) { try EmbeddingBody.cohere(Data(body.utf8)) }
        #expect(error?.status == 400 && error?.code == "ValidationException")
    }
}
