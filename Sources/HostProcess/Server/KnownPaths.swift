import Hummingbird

/// Answers every request in JSON: the routes' own answers, and a refusal where no route is.
///
/// A known path with another method is 405 with what it takes; HEAD works wherever GET does.
struct KnownPaths: HTTPResponder {
    typealias Context = ConnectionContext

    private let routes: RouterResponder<Context>
    /// Knows the paths alone: each answers with the methods that it takes.
    private let paths: RouterResponder<Context>

    /// Takes the routes of a router.
    init(_ router: Router<Context>) {
        let paths = Router(context: Context.self)
        for (path, routes) in Dictionary(grouping: router.routes, by: \.path.description) {
            var methods = Set(routes.map(\.method.rawValue)).union(["OPTIONS"])
            if methods.contains("GET") { methods.insert("HEAD") }
            let allowed = methods.sorted().joined(separator: ", ")
            paths.get(RouterPath(path)) { _, _ in
                var reply = Reply(.methodNotAllowed, ["error": "this path takes \(allowed)"])
                reply.headers[.allow] = allowed
                return reply
            }
            paths.on(RouterPath(path), method: .options) { _, _ in
                var reply = Reply(.ok, ["allow": allowed])
                reply.headers[.allow] = allowed
                return reply
            }
        }
        self.paths = paths.buildResponder()
        routes = router.buildResponder()
    }

    func respond(to request: Request, context: Context) async throws -> Response {
        var response = try await routes.respond(to: request, context: context)
        if response.status == .notFound, context.endpointPath == "NotFound" {
            var head = request.head
            if head.method != .options { head.method = .get }
            response = try await paths.respond(to: Request(head: head, body: request.body), context: context)
        }
        if response.status.code >= 400, response.body.contentLength == 0 {
            let reply = Reply(response.status, ["error": Self.reason(response.status)])
            response = try reply.response(from: request, context: context)
        }
        return request.method == .head ? response.createHeadResponse() : response
    }

    private static func reason(_ status: HTTPResponse.Status) -> String {
        switch status {
        case .notFound: "there is nothing at this path"
        case .contentTooLarge: "the body is too large"
        default: status.reasonPhrase.lowercased()
        }
    }
}
