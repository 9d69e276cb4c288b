import Glibc
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle

/// An HTTP server beside a pipeline: it starts with it and outlives its drain.
struct PipelineServer: Service {
    let address: String
    /// 0 for any that is free.
    let port: Int
    /// Adds what is served.
    let routes: @Sendable (Router<BasicRequestContext>) -> Void
    /// What a person names another port with.
    let portOption: String
    /// Called once with the port, when requests are taken.
    let onReady: @Sendable (_ port: Int) async -> Void
    let logger: Logger

    /// Serves until graceful shutdown or cancellation.
    ///
    /// - Throws: ``SetupProblem`` where it cannot listen.
    func run() async throws {
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        let router = Router()
        routes(router)
        let app = Application(
            router: router, configuration: .init(address: .hostname(address, port: port), serverName: "sluice"),
            onServerRunning: { [port, onReady] channel in await onReady(channel.localAddress?.port ?? port) },
            logger: quiet)
        do {
            try await app.run()
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw SetupProblem("port \(port) is in use; end the program that has it or name another with \(portOption)")
        } catch let error as IOError where [EACCES, EADDRNOTAVAIL].contains(error.errnoCode) {
            throw SetupProblem("cannot listen on \(address) port \(port); name another with \(portOption)")
        }
    }
}
