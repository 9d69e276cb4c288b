import NIOCore
import Synchronization

/// The connections of a server, which has room for so many.
///
/// Where there is no more room, the one goes that has kept the server waiting longest; so a crowd that says nothing shuts
/// nobody out. Where all are being answered, or have only just come, the new one is refused. Some places are kept free of
/// those who ask, however long their answers take, so that a platform can always see how a busy host does.
final class OpenConnections: Sendable {
    private struct Client {
        let channel: any Channel
        /// Since when the client has to say something; nil where it is the server's turn.
        var since: ContinuousClock.Instant?
        /// Whether it has asked for what need not always be answered.
        var isAsking = false
    }

    private struct State {
        var clients: [ObjectIdentifier: Client] = [:]
        var asking = 0

        /// Takes the client out that has said nothing for longest, among those that have not only just come.
        mutating func takeLongest(
            before instant: ContinuousClock.Instant, where isOne: (Client) -> Bool
        ) -> (any Channel)? {
            var longest: (id: ObjectIdentifier, since: ContinuousClock.Instant)?
            for (id, client) in clients where isOne(client) {
                guard let since = client.since, since <= instant, since < longest?.since ?? .now else { continue }
                longest = (id, since)
            }
            return longest.flatMap { remove($0.id) }
        }

        mutating func remove(_ id: ObjectIdentifier) -> (any Channel)? {
            guard let client = clients.removeValue(forKey: id) else { return nil }
            if client.isAsking { asking -= 1 }
            return client.channel
        }

        mutating func set(_ id: ObjectIdentifier, isAsking: Bool) {
            guard let before = clients[id]?.isAsking, before != isAsking else { return }
            clients[id]?.isAsking = isAsking
            asking += isAsking ? 1 : -1
        }
    }

    private let countMax: Int
    private let askingMax: Int
    private let patience: Duration
    private let state = Mutex(State())

    /// Makes room.
    ///
    /// - Parameters:
    ///   - countMax: For so many connections.
    ///   - kept: How many of them are kept for requests that must always be answered.
    ///   - patience: How long a client may say nothing before it has to go for others; a request is on its way for less.
    init(countMax: Int, kept: Int, patience: Duration = .milliseconds(500)) {
        self.countMax = countMax
        askingMax = countMax - kept
        self.patience = patience
    }

    /// Adds a connection, whose client has to say something.
    ///
    /// - Returns: Whether it may stay.
    func open(_ channel: any Channel) -> Bool {
        let (stays, goes) = state.withLock { state -> (Bool, (any Channel)?) in
            var goes: (any Channel)?
            if state.clients.count >= countMax {
                goes = state.takeLongest(before: .now - patience) { _ in true }
                guard goes != nil else { return (false, nil) }
            }
            state.clients[ObjectIdentifier(channel)] = Client(channel: channel, since: .now)
            return (true, goes)
        }
        goes?.close(promise: nil)
        return stays
    }

    /// Takes note that a connection's client asks for what need not always be answered.
    ///
    /// - Returns: Whether there is room for it.
    func asks(_ channel: any Channel) -> Bool {
        let id = ObjectIdentifier(channel)
        let (stays, goes) = state.withLock { state -> (Bool, (any Channel)?) in
            guard let client = state.clients[id], !client.isAsking else { return (true, nil) }
            var goes: (any Channel)?
            if state.asking >= askingMax {
                goes = state.takeLongest(before: .now - patience, where: \.isAsking)
                guard goes != nil else { return (false, nil) }
            }
            state.set(id, isAsking: true)
            // The rest of the request is on its way.
            if client.since != nil { state.clients[id]?.since = .now }
            return (true, goes)
        }
        goes?.close(promise: nil)
        return stays
    }

    /// Takes note that a connection's client has its answer, and has to say something.
    func waits(_ channel: any Channel) {
        state.withLock { state in
            let id = ObjectIdentifier(channel)
            state.clients[id]?.since = .now
            state.set(id, isAsking: false)
        }
    }

    /// Takes note that it is the server's turn.
    func works(_ channel: any Channel) { state.withLock { $0.clients[ObjectIdentifier(channel)]?.since = nil } }

    /// Takes a connection out.
    func close(_ channel: any Channel) { _ = state.withLock { $0.remove(ObjectIdentifier(channel)) } }
}
