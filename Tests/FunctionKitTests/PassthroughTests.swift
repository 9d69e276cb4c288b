import FoundationEssentials
import FunctionKit
import FunctionTesting
import Testing

@Suite("Passing on unknown keys")
struct PassthroughTests {
    private struct Rank: Function {
        struct Item: Codable, Sendable { var id: String }
        struct Input: Decodable, Sendable {
            var items: [Item]
            var limit: Int?
        }
        struct Output: Encodable, Sendable {
            var items: [Item]
            var note = "ranked"
        }

        @concurrent func invoke(_ input: Input, context: InvocationContext) async throws -> Output {
            Output(items: Array(input.items.reversed().prefix(input.limit ?? 10)))
        }
    }

    private struct Bare: Function {
        @concurrent func invoke(_ input: [String: Int], context: InvocationContext) async throws -> Int { input.count }
    }

    private let function = AnyFunction(Rank()).passingOnUnknownKeys

    private func output(_ payload: String) async throws -> String {
        String(decoding: try await function.invoke(Data(payload.utf8), context: .testing()), as: UTF8.self)
    }

    @Test(
        "What the input type does not read stands in the output, byte for byte",
        arguments: [
            (#"{"items":[{"id":"a"},{"id":"b"}]}"#, #"{"items":[{"id":"b"},{"id":"a"}],"note":"ranked"}"#),
            // Known, and so the function's own to hand on or not.
            (#"{"items":[],"limit":3}"#, #"{"items":[],"note":"ranked"}"#),
            (#"{"items":[],"limit":null,"x":null}"#, #"{"items":[],"note":"ranked","x":null}"#),
            // A number that no double holds, and an order that is nobody's but the asker's.
            (
                #"{ "zeta" : {"b": 1, "a": [1, {"}": "]"}]} , "items":[],"big":12345678901234567890.1000}"#,
                #"{"big":12345678901234567890.1000,"items":[],"note":"ranked","zeta":{"b": 1, "a": [1, {"}": "]"}]}}"#
            ),
            // The output's own comes first.
            (#"{"note":"asked","items":[]}"#, #"{"items":[],"note":"ranked"}"#),
            (#"{"note":"asked","items":[],"n\u006fte":1}"#, #"{"items":[],"note":"ranked"}"#),
            (
                #"{"q":"say \"}\" \\","items":[],"\u0065":true}"#,
                #"{"\u0065":true,"items":[],"note":"ranked","q":"say \"}\" \\"}"#
            ),
            (#"{"items":[],"twice":1,"twice":2}"#, #"{"items":[],"note":"ranked","twice":1}"#),
        ])
    func passed(input: String, output: String) async throws {
        let given = try await self.output(input)
        #expect(given == output)
    }

    @Test("An input that does not fit is told as without")
    func decodingFailures() async throws {
        for (payload, reason) in [
            (#"{"x":1}"#, "items: it is missing"), (#"{"items":[{"id":1}]}"#, "items[0].id: it has another type"),
            (#"{"items":[]"#, "it is no valid JSON in UTF-8, or a number in it does not fit"),
        ] {
            let error = await #expect(throws: FunctionError.self) { _ = try await output(payload) }
            #expect(error?.description == "the payload is not this function's input: \(reason)")
        }
    }

    @Test("An output that is no object takes nothing along, and says so")
    func bareOutput() async throws {
        let error = await #expect(throws: FunctionError.self) {
            _ = try await AnyFunction(Bare()).passingOnUnknownKeys.invoke(Data(#"{"a":1}"#.utf8), context: .testing())
        }
        #expect(error?.code == "permanent")
    }

    @Test("An input that takes all keys knows them all")
    func dictionary() async throws {
        struct Sum: Function {
            struct Output: Encodable, Sendable { var sum: Int }

            @concurrent func invoke(_ input: [String: Int], context: InvocationContext) async throws -> Output {
                Output(sum: input.values.reduce(0, +))
            }
        }
        let given = try await AnyFunction(Sum()).passingOnUnknownKeys.invoke(
            Data(#"{"a":1,"b":2}"#.utf8), context: .testing())
        #expect(String(decoding: given, as: UTF8.self) == #"{"sum":3}"#)
    }
}
