import HTTPServing
import Hummingbird
import Logging
import TestSupport
import Testing

@Suite("A server", .timeLimit(.minutes(1)))
struct ServingTests {
    private static let quiet = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    /// Serves, lets a body do what it wants with the port, and cancels then.
    private func serve(_ router: Router<BasicRequestContext>, _ body: (Int) async throws -> Void) async throws {
        let (ports, feed) = AsyncStream.makeStream(of: Int.self)
        let application = Application(
            router: router, configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { feed.yield($0.localAddress?.port ?? 0) }, logger: Self.quiet)
        try await withThrowingTaskGroup { group in
            group.addTask { try? await application.serve() }
            for await port in ports {
                try await body(port)
                break
            }
            group.cancelAll()
        }
    }

    /// Each connection that is made and not yet taken would end the process.
    @Test("that is cancelled while clients come ends, and the process goes on")
    func cancelledWhileClientsCome() async throws {
        for _ in 0..<40 {
            let clients = try await withThrowingTaskGroup(of: [RawConnection].self) { group in
                try await serve(Router()) { port in
                    for _ in 0..<2 {
                        group.addTask { (0..<20).compactMap { _ in try? RawConnection(to: port) } }
                    }
                    // Some are there, and some are on their way.
                    _ = try RawConnection(to: port)
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(clients.count <= 40)
        }
    }

    @Test("that is cancelled while it answers cuts that off")
    func cancelledWhileItAnswers() async throws {
        let (asked, feed) = AsyncStream.makeStream(of: Void.self)
        let router = Router()
        router.get("/") { _, _ in
            feed.yield()
            // Until it is cancelled.
            try await Task.sleep(for: .seconds(3_600))
            return "never"
        }
        try await serve(router) { port in
            let client = try RawConnection(to: port, sending: "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            for await _ in asked { break }
            withExtendedLifetime(client) {}
        }
    }
}
