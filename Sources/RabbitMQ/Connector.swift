import Foundation
import Synchronization

/// Makes a connection on a thread of its own: a broker that does not answer is waited for there, while the
/// connection's own thread goes on to answer its callers.
final class Connector: Sendable {
    private enum State {
        case idle
        case busy
        case done(Handed)
    }

    /// `@unchecked`: the thread that makes it keeps nothing of it, and ``take()`` gives it to one taker alone.
    private struct Handed: @unchecked Sendable {
        let result: Result<AMQPConnection, RabbitMQError>
    }

    private let state = Mutex(State.idle)

    /// Begins to connect.
    ///
    /// - Parameters:
    ///   - configuration: Where and how.
    ///   - purpose: Added to the connection's name.
    ///   - prepare: What a new connection needs before it is of use.
    ///   - whenDone: Called once ``take()`` has a result.
    func begin(
        _ configuration: RabbitMQConfiguration, purpose: String,
        prepare: @escaping @Sendable (AMQPConnection) throws(AMQPFailure) -> Void,
        whenDone: @escaping @Sendable () -> Void
    ) {
        state.withLock { $0 = .busy }
        Thread.detachNewThread { [self] in
            let handed = Handed(result: Self.connect(configuration, purpose: purpose, prepare: prepare))
            state.withLock { $0 = .done(handed) }
            whenDone()
        }
    }

    /// The result, once.
    func take() -> Result<AMQPConnection, RabbitMQError>? {
        state.withLock { state -> Handed? in
            guard case .done(let handed) = state else { return nil }
            state = .idle
            return handed
        }?.result
    }

    private static func connect(
        _ configuration: RabbitMQConfiguration, purpose: String,
        prepare: (AMQPConnection) throws(AMQPFailure) -> Void
    ) -> Result<AMQPConnection, RabbitMQError> {
        do {
            let connection = try AMQPConnection(configuration, purpose: purpose)
            do { try prepare(connection) } catch { return .failure(RabbitMQError(error)) }
            return .success(connection)
        } catch {
            return .failure(error)
        }
    }
}
