import Logging
import Messaging

// Consumers that the broker may have forgotten without a word.
extension ConsumeConnection {
    /// So soon after it was seen that queues are missing, all are renewed that have brought nothing since.
    private static let suspicionPause = Duration.seconds(2)

    /// Somebody has deleted queues, and more may be gone than this connection was told of.
    func suspectConsumers() {
        for number in consumers.keys { consumers[number]?.hasBrought = false }
        renewAt = min(renewAt, .now + Self.suspicionPause)
    }

    /// Starts those consumers anew, now and then, that have brought nothing for a while and have nothing in hand.
    ///
    /// A channel of RabbitMQ whose queue is deleted takes its consumer over to the queue of that name that somebody
    /// makes at once, says nothing, and then drops what that queue sends to it, for as long as it lives. The queue counts
    /// the consumer, so that nothing else tells (`handle_consuming_queue_down_or_eol` in 3.10's `rabbit_channel.erl`).
    func renewConsumers(_ connection: AMQPConnection) throws(AMQPFailure) {
        guard renewAt <= .now else { return }
        renewAt = .now + configuration.idleConsumerMax
        for (number, consumer) in consumers.sorted(by: { $0.key < $1.key }) {
            consumers[number]?.hasBrought = false
            guard !consumer.hasBrought, let channel = consumer.channel, let state = channels[channel],
                state.ending == .no, state.acks.isEmpty
            else { continue }
            channels[channel] = nil
            consumers[number]?.channel = nil
            try connection.closeChannel(channel)
            do {
                try attach(number, connection)
            } catch .refused(let code, let reason) {
                noteRefusal(code, reason, of: consumer.queue)
                plan(number, reason: reason)
            }
        }
    }
}
