import NIOCore
import Synchronization

/// The connections of a server, which has room for so many.
///
/// Where there is no more room, the one goes that has kept the server waiting longest; so a crowd that says nothing shuts
/// nobody out. Where all are being answered, or have only just come, the new one is refused.
final class OpenConnections: Sendable {
    private struct Waiting {
        let channel: any Channel
        let since: ContinuousClock.Instant
    }

    private struct State {
        var count = 0
        /// Those whose client has to say something.
        var waiting: [ObjectIdentifier: Waiting] = [:]
    }

    private let countMax: Int
    private let patience: Duration
    private let state = Mutex(State())

    /// Makes room.
    ///
    /// - Parameters:
    ///   - countMax: For so many connections.
    ///   - patience: How long a client may say nothing before it has to go for others; a request is on its way for less.
    init(countMax: Int, patience: Duration = .milliseconds(500)) {
        self.countMax = countMax
        self.patience = patience
    }

    /// Adds a connection, whose client has to say something.
    ///
    /// - Returns: Whether it may stay.
    func open(_ channel: any Channel) -> Bool {
        let (stays, goes) = state.withLock { state -> (Bool, (any Channel)?) in
            state.count += 1
            guard state.count > countMax else { return (true, nil) }
            guard let longest = state.waiting.min(by: { $0.value.since < $1.value.since }),
                longest.value.since + patience <= .now
            else { return (false, nil) }
            state.waiting[longest.key] = nil
            return (true, longest.value.channel)
        }
        goes?.close(promise: nil)
        if stays { waits(channel) }
        return stays
    }

    /// Takes note that a connection's client has to say something.
    func waits(_ channel: any Channel) {
        state.withLock { $0.waiting[ObjectIdentifier(channel)] = Waiting(channel: channel, since: .now) }
    }

    /// Takes note that it is the server's turn.
    func works(_ channel: any Channel) { state.withLock { $0.waiting[ObjectIdentifier(channel)] = nil } }

    /// Takes a connection out, once for each ``open(_:)``.
    func close(_ channel: any Channel) {
        state.withLock { state in
            state.count -= 1
            state.waiting[ObjectIdentifier(channel)] = nil
        }
    }
}
