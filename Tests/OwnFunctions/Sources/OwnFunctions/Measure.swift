import FunctionKit

/// Says how long the page of an address is.
struct Measure: Function {
    struct Input: Decodable, Sendable { let url: String }
    struct Output: Encodable, Sendable { let status, bytes: Int }

    /// The address is the message's own: that nobody is there is no trouble of the host, as it is by default.
    struct AddressUnreachable: Error, DispositionProviding {
        let disposition = Disposition.retry
        let code = "address-unreachable"
    }

    let web: any WebClient

    func invoke(_ input: Input, context: InvocationContext) async throws -> Output {
        do throws(WebError) {
            let page = try await web.send(WebRequest("GET", input.url), context: context)
            return Output(status: page.status, bytes: page.body.count)
        } catch .unreachable {
            throw AddressUnreachable()
        }
    }
}
