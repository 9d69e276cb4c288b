import FunctionKit

struct Shout: Function {
    struct Input: Decodable, Sendable { let text: String }
    struct Output: Encodable, Sendable { let text: String }

    func invoke(_ input: Input, context: InvocationContext) async throws -> Output {
        guard !input.text.isEmpty else { throw FunctionError.permanent("the text is empty") }
        return Output(text: input.text.uppercased())
    }
}
