import Synchronization

/// A look at queues that may not answer, one after the other, on a connection of its own.
final class SuspectLook: Sendable {
    private static let channel: UInt16 = 1
    private static let closeSeconds: Int32 = 2

    /// In the order in which they are looked at.
    let queues: [String]
    /// Gives a failure where one did not answer, which ends the look, or where the broker was not reached.
    let connector = Connector()
    private let state = Mutex((answered: [String](), asked: String?.none))

    /// Those that have answered.
    var answered: [String] { state.withLock(\.answered) }
    /// The one that was asked and has not answered.
    var asked: String? { state.withLock(\.asked) }

    init(queues: [String]) { self.queues = queues }

    /// Begins to look.
    func begin(_ configuration: RabbitMQConfiguration, whenDone: @escaping @Sendable () -> Void) {
        connector.begin(
            configuration, purpose: "look",
            prepare: { [self] connection throws(AMQPFailure) in
                for queue in queues {
                    try connection.openChannel(Self.channel)
                    state.withLock { $0.asked = queue }
                    do throws(AMQPFailure) {
                        // What it gives goes back with the channel.
                        _ = try connection.get(queue, on: Self.channel)
                        try connection.closeChannel(Self.channel)
                    } catch .refused {
                        // It has answered, and the channel is closed.
                    }
                    state.withLock { state in
                        state.answered.append(queue)
                        state.asked = nil
                    }
                }
                connection.close(waitingSeconds: Self.closeSeconds)
            }, whenDone: whenDone)
    }
}
