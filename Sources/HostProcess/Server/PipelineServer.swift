import Composition
import Glibc
import HTTPServing
import Hummingbird
import HummingbirdCore
package import Logging
import NIOCore
import ServiceLifecycle
import Settings

/// An HTTP server beside a pipeline: it starts with it and outlives its drain.
package struct PipelineServer: Service {
    let address: String
    /// 0 for any that is free.
    let port: Int
    /// Adds what is served.
    let routes: @Sendable (Router<ConnectionContext>) -> Void
    /// What a person names another port with.
    let portOption: String
    /// Called once with the port, when requests are taken.
    let onReady: @Sendable (_ port: Int) async -> Void
    let logger: Logger

    /// Serves until graceful shutdown or cancellation.
    ///
    /// - Throws: ``SetupProblem`` where it cannot listen.
    package func run() async throws {
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        let router = Router(context: ConnectionContext.self, options: .autoGenerateHeadEndpoints)
        routes(router)
        let places = ProcessFacts.connectionsMax(of: ProcessFacts.descriptorLimit)
        let connections = OpenConnections(countMax: places, kept: ProcessFacts.placesKept(of: places))
        let app = Application(
            responder: KnownPaths(router),
            server: HTTPServerBuilder { responder in
                DoorChannel(
                    http: HTTP1Channel(
                        responder: responder,
                        configuration: .init(
                            additionalChannelHandlers: [
                                ConnectionHandler(times: ConnectionTimes(), connections: connections)
                            ])))
            },
            configuration: .init(address: .hostname(address, port: port), serverName: "sluice"),
            onServerRunning: { [port, onReady] channel in
                // It fails on a closed channel alone.
                try? await channel.eventLoop.submit {
                    try channel.pipeline.syncOperations.addHandler(AcceptPause(), position: .first)
                }.get()
                await onReady(channel.localAddress?.port ?? port)
            },
            logger: quiet)
        do {
            try await app.serve()
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw Self.inUse(port, portOption)
        } catch let error as SocketAddressError.UnknownHost {
            throw SetupProblem(
                "cannot listen on `\(error.host)`, which is no address; name one of this machine's in"
                    + " \(Setting.listenAddress.variable), such as 127.0.0.1")
        } catch let error as IOError {
            throw SetupProblem("cannot listen on \(address)\(cause(of: error))")
        }
    }

    /// What follows the address: what is wrong with it, or with the port, and what to do.
    private func cause(of error: IOError) -> String {
        let another = "; name one of this machine's in \(Setting.listenAddress.variable), such as 127.0.0.1"
        return switch error.errnoCode {
        case EACCES, EPERM: " port \(port), which this user may not; name another with \(portOption)"
        case EADDRNOTAVAIL, EAFNOSUPPORT, ENETUNREACH: ", which is no address of this machine" + another
        // A link-local address is on each interface, and means none of them by itself.
        case EINVAL where address.lowercased().hasPrefix("fe80:"):
            ", which needs its interface; name that too in \(Setting.listenAddress.variable), such as \(address)%eth0"
        case EINVAL, ENODEV, ENXIO: ", which cannot be used here" + another
        default: " port \(port): \(unsafe String(cString: strerror(error.errnoCode)))" + another
        }
    }

    /// Finds early that somebody listens on a loopback port already, before anything is written.
    ///
    /// - Throws: ``SetupProblem``.
    package static func checkLoopback(port: Int, option: String) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard port != 0, descriptor >= 0 else { return }
        defer { close(descriptor) }
        // As the server itself does, so that connections of an earlier one that still fade away are no hindrance.
        var yes: Int32 = 1
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(INADDR_LOOPBACK).bigEndian
        let isFree = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 || errno != EADDRINUSE
            }
        }
        guard isFree else { throw inUse(port, option) }
    }

    private static func inUse(_ port: Int, _ option: String) -> SetupProblem {
        SetupProblem("port \(port) is in use; end the program that has it or name another with \(option)")
    }
}

extension PipelineServer {
    /// The server of a whole pipeline: its doors, Lambda's invoke API and what a platform asks.
    ///
    /// - Parameters:
    ///   - pipeline: What is served.
    ///   - health: How it does.
    ///   - callers: Who may invoke functions.
    ///   - address: Where it listens.
    ///   - port: 0 for any that is free.
    ///   - portOption: What a person names another port with.
    ///   - logger: Gets what it has to say.
    ///   - onReady: Called once with the port, when requests are taken.
    package init(
        _ pipeline: Pipeline, health: HealthRoutes, callers: LambdaRoutes.Callers, address: String, port: Int,
        portOption: String, logger: Logger, onReady: @escaping @Sendable (_ port: Int) async -> Void
    ) {
        let (questions, runs) = (QuestionRoutes(pipeline: pipeline), RunRoutes(pipeline: pipeline))
        let lambda = LambdaRoutes(pipeline, callers: callers, logger: logger)
        self.init(
            address: address, port: port,
            routes: { router in
                health.add(to: router)
                questions.add(to: router)
                runs.add(to: router)
                lambda.add(to: router)
            }, portOption: portOption, onReady: onReady, logger: logger)
    }
}
