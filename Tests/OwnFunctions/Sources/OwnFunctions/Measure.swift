import FunctionKit

/// Says how long the page of an address is.
struct Measure: Function {
    struct Input: Decodable, Sendable { let url: String }
    struct Output: Encodable, Sendable { let status, bytes: Int }

    let web: any WebClient

    func invoke(_ input: Input, context: InvocationContext) async throws -> Output {
        let page = try await web.send(WebRequest("GET", input.url), context: context)
        return Output(status: page.status, bytes: page.body.count)
    }
}
