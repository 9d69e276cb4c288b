package import Bedrock
package import FoundationEssentials
import HTTPServing
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization

/// A server on loopback that speaks Bedrock Runtime's InvokeModel for Llama 3 and for embedding models.
///
/// It checks signatures and bodies as Bedrock does and answers from the passages in the prompt. It keeps nothing but the
/// last requests, and those only where it is told to.
package final class StandIn: Service {
    private enum Port {
        case unknown(waiting: [CheckedContinuation<Int, any Error>])
        case bound(Int)
        case failed(any Error)
    }

    private let state: StandInState
    private let endpoint: InvokeModelEndpoint
    private let wantedPort: Int
    private let port = Mutex(Port.unknown(waiting: []))

    /// Makes a server that ``run()`` starts.
    ///
    /// - Parameters:
    ///   - credentials: The only ones that it lets in.
    ///   - region: The region that signatures must name.
    ///   - models: The ids that it knows.
    ///   - recordsRequests: Whether ``received`` keeps the last requests.
    ///   - port: 0 takes a free one.
    ///   - now: The clock that signatures may be five minutes off.
    ///   - onRequest: Called with each call that was signed well, before its fate is carried out.
    package init(
        credentials: AWSCredentials, region: String, models: Set<String>, recordsRequests: Bool = false,
        port: Int = 0, now: @escaping @Sendable () -> Date = { Date() },
        onRequest: (@Sendable (ReceivedRequest) -> Void)? = nil
    ) {
        state = StandInState(recordsRequests: recordsRequests, onRequest: onRequest)
        endpoint = InvokeModelEndpoint(
            signatures: SignatureCheck(credentials: credentials, region: region, now: now), models: models,
            state: state)
        wantedPort = port
    }

    /// What it does besides answering.
    package var behaviour: StandInBehaviour {
        get { state.behaviour }
        set { state.behaviour = newValue }
    }

    /// The last 1000 calls that were signed well; empty unless they are recorded.
    package var received: [ReceivedRequest] { state.received }

    /// The port on 127.0.0.1, once it is bound.
    ///
    /// Throws what ``run()`` throws where that ends before.
    package var boundPort: Int {
        get async throws {
            try await withCheckedThrowingContinuation { continuation in
                port.withLock { port in
                    switch port {
                    case .unknown(let waiting): port = .unknown(waiting: waiting + [continuation])
                    case .bound(let number): continuation.resume(returning: number)
                    case .failed(let error): continuation.resume(throwing: error)
                    }
                }
            }
        }
    }

    /// Serves until the graceful shutdown, which lets answers under way go out and ends stalled ones, or until it is
    /// cancelled.
    package func run() async throws {
        let endpoint = endpoint
        // Its own log would name paths and errors of connections, which are nobody's business here.
        let application = Application(
            responder: CallbackResponder<StandInRequestContext> { try await endpoint.respond(to: $0, context: $1) },
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: wantedPort)),
            onServerRunning: { [self] channel in
                if let number = channel.localAddress?.port { settle(.bound(number)) }
            },
            logger: Logger(label: "stand-in", factory: { _ in SwiftLogNoOpLogHandler() }))
        do {
            try await application.serve()
            settle(.failed(CancellationError()))
        } catch {
            settle(.failed(error))
            throw error
        }
    }

    private func settle(_ outcome: Port) {
        let waiting = port.withLock { port in
            guard case .unknown(let waiting) = port else { return [CheckedContinuation<Int, any Error>]() }
            port = outcome
            return waiting
        }
        for continuation in waiting {
            switch outcome {
            case .bound(let number): continuation.resume(returning: number)
            case .failed(let error): continuation.resume(throwing: error)
            case .unknown: continuation.resume(throwing: CancellationError())
            }
        }
    }
}
