import FoundationEssentials
import FunctionKit
import FunctionTesting
import Testing

@Suite("AnyFunction")
struct AnyFunctionTests {
    private struct Order: Function {
        struct Item: Codable, Sendable { var id: Int }
        struct Input: Decodable, Sendable {
            var name: String
            var items: [Item]
        }
        struct Output: Encodable, Sendable {
            var zebra: String
            var apple: Int
            var path = "a/b"
        }

        @concurrent func invoke(_ input: Input, context: InvocationContext) async throws -> Output {
            guard !input.name.isEmpty else { throw FunctionError.permanent("the name is empty") }
            return Output(zebra: input.name, apple: input.items.count)
        }
    }

    private static let notJSON = "it is no valid JSON in UTF-8, or a number in it does not fit"

    private let function = AnyFunction(Order())

    @Test("Gives its output with sorted keys and plain slashes")
    func sortedKeys() async throws {
        let output = try await function.invoke(
            Data(#"{"name":"x","items":[{"id":1}],"more":true}"#.utf8), context: .testing())
        #expect(String(decoding: output, as: UTF8.self) == #"{"apple":1,"path":"a/b","zebra":"x"}"#)
    }

    @Test(
        "Names the field that does not fit",
        arguments: [
            (#"{"name":"secret","items":[{"id":1},{"id":"secret"}]}"#, "items[1].id: it has another type"),
            (#"{"name":"secret","items":[{"id":1},{}]}"#, "items[1].id: it is missing"),
            (#"{"name":null,"items":[]}"#, "name: it is null"),
            (#"{"items":[]}"#, "name: it is missing"),
            (#"{"name":["secret"],"items":[]}"#, "name: it has another type"),
            (#"{"name":"secret","items":[{"id":1.5}]}"#, notJSON),
            (#"{"name":"secret","#, notJSON),
            ("secret", notJSON),
            ("", notJSON),
            (#"["secret"]"#, "it has another type"),
        ])
    func decodingFailures(payload: String, reason: String) async throws {
        let error = try await failure(of: Data(payload.utf8))
        #expect(error.description == "the payload is not this function's input: \(reason)")
        #expect(error.disposition == .deadLetter)
        #expect(error.code == "undecodable")
    }

    @Test("Does not name the keys of a dictionary: they are payload")
    func dictionaryKeys() async throws {
        struct People: Function {
            struct Person: Codable, Sendable { let name: String }
            func invoke(_ input: [String: [Person]], context: InvocationContext) async throws -> Int { input.count }
        }
        let error = try await #require(throws: FunctionError.self) {
            try await AnyFunction(People()).invoke(Data(#"{"secret":[{}]}"#.utf8), context: .testing())
        }
        #expect(error.description == "the payload is not this function's input: *[0].name: it is missing")
    }

    @Test("Takes bytes that are not UTF-8 for no JSON")
    func invalidUTF8() async throws {
        let payload = Data(#"{"name":""#.utf8) + [0xC3, 0x28, 0xFF] + Data(#"","items":[]}"#.utf8)
        let error = try await failure(of: payload)
        #expect(error.description.hasPrefix("the payload is not this function's input: "))
    }

    @Test("Lets the function's own error through")
    func ownError() async throws {
        let error = try await failure(of: Data(#"{"name":"","items":[]}"#.utf8))
        #expect(error.description == "the name is empty")
        #expect(error.code == "permanent")
    }

    private func failure(of payload: Data) async throws -> FunctionError {
        try await #require(throws: FunctionError.self) {
            try await function.invoke(payload, context: .testing())
        }
    }
}
