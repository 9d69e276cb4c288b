import CRabbitMQ

/// What RabbitMQ has noted of a message's moves in `x-death`: a list of tables, the last move first
/// (<https://www.rabbitmq.com/docs/dlx#effects>).
@safe struct Deaths {
    /// Why RabbitMQ itself last moved the message among our queues; nil where a delay has ended, which is the way of each
    /// retry, or where it did not.
    let reason: String?
    /// The moves among queues of others.
    let others: [amqp_field_value_t]

    var othersCount: Int { unsafe others.count }

    /// Reads the list, whose memory is kept by the caller.
    init(_ list: amqp_array_t, ownQueues: Set<String>) {
        var others = unsafe [amqp_field_value_t]()
        var reason: String?
        // Moves of dead letters that were looked at too often: they are taken back, and are dead for what was before.
        var looks = 0
        for index in 0..<Int(unsafe list.num_entries) {
            let move = unsafe list.entries[index]
            guard unsafe move.kind == UInt8(AMQP_FIELD_KIND_TABLE.rawValue),
                let queue = unsafe MessageProperties.text("queue", in: move.value.table), ownQueues.contains(queue)
            else {
                unsafe others.append(move)
                continue
            }
            guard !ownQueues.contains(Topology.undelivered(queue)) else {
                looks += 1
                continue
            }
            // Somebody else's later move is not the one that brought it here.
            guard index == looks, let text = unsafe MessageProperties.text("reason", in: move.value.table) else {
                continue
            }
            let isEndOfDelay = text == "expired" && Topology.isDelayQueue(queue)
            reason = isEndOfDelay ? nil : text.replacing("_", with: "-")
        }
        self.reason = reason
        unsafe self.others = others
    }
}
